package ai.lelantos.protocol;

/// What a host name says about who is meant: `<port>-<sandbox id>[-<ignored>].<any domain>` names a port of a sandbox.
public sealed interface HostName {

    int LABEL_CHARACTERS_MAX = 63; // one DNS label
    int PORT_MAX = 65535;

    /// A port of a sandbox.
    record Sandbox(int port, String id) implements HostName {}

    /// Shaped like a sandbox's host but not one; the message is the contract's.
    record Malformed(String message) implements HostName {}

    /// No sandbox: a plain name, an address, or nothing.
    record Other() implements HostName {}

    /// Reads the first label of a host (its port, if any, is ignored; so is the rest of the domain).
    static HostName parse(String host) {
        int dot = host.indexOf('.');
        int dash = host.indexOf('-');
        int colon = host.indexOf(':');
        if (dot <= 0 || dash < 0 || dash > dot || (colon >= 0 && colon < dot)) {
            return new Other();
        }
        if (dot > LABEL_CHARACTERS_MAX) {
            return new Malformed("Invalid host");
        }
        int end = host.indexOf('-', dash + 1);
        return of(host.substring(0, dash), host.substring(dash + 1, end < 0 || end > dot ? dot : end));
    }

    /// The same from a port and an id that came apart, as the two routing headers do.
    static HostName of(String port, String id) {
        if (!isId(id)) {
            return new Malformed("Invalid sandbox ID");
        }
        int number = port(port);
        return number < 0 ? new Malformed("Invalid sandbox port") : new Sandbox(number, id);
    }

    /// Whether this can be a sandbox's id: `[a-z0-9]+`.
    static boolean isId(String id) {
        if (id.isEmpty() || id.length() > LABEL_CHARACTERS_MAX) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if ((c < 'a' || c > 'z') && !isDigit(c)) {
                return false;
            }
        }
        return true;
    }

    /// The number of a port in unsigned decimal, -1 when it is none.
    static int port(String text) {
        int number = 0;
        for (int i = 0; i < text.length(); i++) {
            if (!isDigit(text.charAt(i)) || number > PORT_MAX) {
                return -1;
            }
            number = number * 10 + text.charAt(i) - '0';
        }
        return number == 0 || number > PORT_MAX ? -1 : number;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
