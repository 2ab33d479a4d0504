package ai.lelantos.envd.host;

import java.net.InetAddress;

/// IP addresses in requests.
final class Addresses {

    private Addresses() {}

    /// Whether the text is an address in numbers, so that nobody is asked for its name.
    static boolean isNumeric(String text) {
        try {
            return InetAddress.ofLiteral(text) != null;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
