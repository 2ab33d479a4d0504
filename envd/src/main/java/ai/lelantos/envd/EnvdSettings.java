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
/// @param logs `host:port` that takes the output of commands into a log; empty for the host, where we are alone
/// @param nice the agent's own scheduling priority; commands always run at 0
record EnvdSettings(String host, int port, Path spawn, String logs, int nice) {

    private static final String PREFIX = "LELANTOS_ENVD_";
    private static final List<String> NAMES = List.of("HOST", "PORT", "SPAWN", "LOGS", "NICE");
    private static final int PORT_MAX = 65_535;
    private static final int NICE_MIN = -20;
    private static final int NICE_MAX = 19;

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
                number("PORT", environment.getOrDefault(PREFIX + "PORT", "49983"), 0, PORT_MAX),
                Path.of(environment.getOrDefault(PREFIX + "SPAWN", "/.lelantos/bin/spawn")),
                place("LOGS", environment.getOrDefault(PREFIX + "LOGS", "")),
                number("NICE", environment.getOrDefault(PREFIX + "NICE", "-20"), NICE_MIN, NICE_MAX));
    }

    private static String place(String name, String text) {
        if (!text.isEmpty() && !text.matches("[0-9.]+:[0-9]{1,5}")) {
            throw new IllegalArgumentException(PREFIX + name + " is an IPv4 address and a port, not '" + text + "'");
        }
        return text;
    }

    private static int number(String name, String text, int min, int max) {
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Told below, with the same words as a number out of range.
        }
        throw new IllegalArgumentException(
                PREFIX + name + " is a number from " + min + " to " + max + ", not '" + text + "'");
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
