package ai.lelantos.envd.files;

import java.nio.charset.StandardCharsets;

/// `Content-Disposition` of a download: shown in place, under the file's own name.
final class Disposition {

    private static final String TOKEN = "!#$%&'*+-.^_`|~";
    private static final String UNESCAPED = "!#$&+-.^_`|~";

    private Disposition() {}

    static String inline(String name) {
        boolean ascii = name.chars().allMatch(c -> (c >= ' ' && c < 0x7f) || c == '\t');
        if (!ascii) {
            return "inline; filename*=utf-8''" + escaped(name);
        }
        boolean token = !name.isEmpty() && name.chars().allMatch(c -> alphanumeric(c) || TOKEN.indexOf(c) >= 0);
        return "inline; filename="
                + (token ? name : '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"');
    }

    private static String escaped(String name) {
        var text = new StringBuilder();
        for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
            if (octet > 0 && (alphanumeric(octet) || UNESCAPED.indexOf(octet) >= 0)) {
                text.append((char) octet);
            } else {
                text.append('%').append("%02X".formatted(octet & 0xff));
            }
        }
        return text.toString();
    }

    private static boolean alphanumeric(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
