package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Stat;

/// A file's mode in the letters of the contract: kinds and flags, then nine for the permissions.
final class Permissions {

    private static final int SETUID = 04000;
    private static final int SETGID = 02000;
    private static final int STICKY = 01000;
    private static final String LETTERS = "rwxrwxrwx";

    private Permissions() {}

    static String of(Stat stat) {
        var text = new StringBuilder();
        text.append(
                switch (stat.kind()) {
                    case FILE -> "";
                    case DIRECTORY -> "d";
                    case LINK -> "L";
                    case PIPE -> "p";
                    case SOCKET -> "S";
                    case CHARACTER_DEVICE, BLOCK_DEVICE -> "D";
                });
        text.append((stat.mode() & SETUID) != 0 ? "u" : "");
        text.append((stat.mode() & SETGID) != 0 ? "g" : "");
        text.append(stat.kind() == Stat.Kind.CHARACTER_DEVICE ? "c" : "");
        text.append((stat.mode() & STICKY) != 0 ? "t" : "");
        if (text.isEmpty()) {
            text.append('-');
        }
        for (int at = 0; at < LETTERS.length(); at++) {
            boolean set = (stat.mode() & (1 << (LETTERS.length() - 1 - at))) != 0;
            text.append(set ? LETTERS.charAt(at) : '-');
        }
        return text.toString();
    }
}
