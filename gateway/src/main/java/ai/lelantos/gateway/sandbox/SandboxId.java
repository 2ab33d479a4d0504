package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Problem;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// `i` and 20 characters; clients may write `-<clientID>` behind it.
final class SandboxId {

    /// What every sandbox answers as its client id; deprecated, still required.
    static final String CLIENT = "6532622b";

    private static final int RANDOM_CHARS = 20;
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static final Pattern ID = Pattern.compile("[a-z0-9]+");

    private SandboxId() {}

    /// From a path: the part before the client id.
    static String parse(String text) {
        String[] parts = text.split("-", -1);
        if (parts.length > 2 || !ID.matcher(parts[0]).matches()) {
            throw new Problem(400, "Invalid sandbox ID").toException();
        }
        return parts[0];
    }

    /// @param random at least 20 bytes at each call
    static String fresh(Supplier<byte[]> random) {
        StringBuilder id = new StringBuilder("i");
        while (id.length() <= RANDOM_CHARS) {
            for (byte each : random.get()) {
                int value = each & 0xff;
                // 252 is the largest multiple of 36 in a byte: no character is likelier than another.
                if (value < 252 && id.length() <= RANDOM_CHARS) {
                    id.append(ALPHABET.charAt(value % ALPHABET.length()));
                }
            }
        }
        return id.toString();
    }
}
