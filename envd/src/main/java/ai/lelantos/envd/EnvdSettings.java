package ai.lelantos.envd;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// What the agent is told before it starts: variables `LELANTOS_ENVD_*`, all optional.
///
/// @param host the address to listen on
/// @param port the port to listen on; 0 lets the kernel choose, and the ready line tells
/// @param spawn the static helper that turns into a command after it took the user's identity
record EnvdSettings(String host, int port, Path spawn) {

    private static final String PREFIX = "LELANTOS_ENVD_";
    private static final List<String> NAMES = List.of("HOST", "PORT", "SPAWN");
    private static final int PORT_MAX = 65_535;

    /// Reads the settings; refuses an unknown name and a value of the wrong kind with [IllegalArgumentException].
    static EnvdSettings from(Map<String, String> environment) {
        for (String variable : environment.keySet()) {
            if (variable.startsWith(PREFIX) && !NAMES.contains(variable.substring(PREFIX.length()))) {
                throw new IllegalArgumentException(
                        "there is no setting " + variable + "; the nearest is " + PREFIX + nearest(variable));
            }
        }
        return new EnvdSettings(
                environment.getOrDefault(PREFIX + "HOST", "0.0.0.0"),
                port(environment.getOrDefault(PREFIX + "PORT", "49983")),
                Path.of(environment.getOrDefault(PREFIX + "SPAWN", "/.lelantos/bin/spawn")));
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 0 && port <= PORT_MAX) {
                return port;
            }
        } catch (NumberFormatException _) {
            // Told below, with the same words as a number out of range.
        }
        throw new IllegalArgumentException(PREFIX + "PORT is a number from 0 to " + PORT_MAX + ", not '" + text + "'");
    }

    private static String nearest(String variable) {
        String name = variable.substring(PREFIX.length());
        return NAMES.stream()
                .min(Comparator.comparingInt(known -> distance(known, name)))
                .orElseThrow();
    }

    /// How many letters must be put in, taken out or changed to make one word the other.
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
