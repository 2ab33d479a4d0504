package ai.lelantos.gateway.proxy;

import ai.lelantos.protocol.HostName;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Who a request is for.
sealed interface Target {

    /// A port of a sandbox.
    ///
    /// @param host what the next hop sees as `Host` instead of what came, null to keep it
    record Port(String sandboxId, int port, @Nullable String host) implements Target {}

    /// Our own API.
    record Api() implements Target {}

    /// Nobody; the message is the contract's.
    record Nobody(String message) implements Target {}

    /// Tells targets by host and routing headers, for one public domain.
    final class Rules {

        private static final Api API = new Api();
        private static final String SHARED = "sandbox.";

        private final String domain;

        Rules(String domain) {
            this.domain = domain.toLowerCase(Locale.ROOT);
        }

        /// Whether the routing headers count for this host: it names no sandbox by itself.
        static boolean headersCount(String host) {
            String name = withoutPort(host);
            return name.equalsIgnoreCase("localhost")
                    || isAddress(name)
                    || (name.length() > SHARED.length() && name.regionMatches(true, 0, SHARED, 0, SHARED.length()));
        }

        Target target(@Nullable String host, @Nullable String sandboxId, @Nullable String port) {
            if (host == null || host.isEmpty()) {
                return API;
            }
            if (!headersCount(host)) {
                return byHost(host);
            }
            boolean noId = sandboxId == null || sandboxId.isEmpty();
            boolean noPort = port == null || port.isEmpty();
            boolean shared = host.regionMatches(true, 0, SHARED, 0, SHARED.length());
            if (noId && noPort) {
                return shared && !isApex(host) ? new Nobody("Invalid host") : API;
            }
            if (noId || noPort) {
                return new Nobody("missing header");
            }
            return switch (HostName.of(String.valueOf(port), String.valueOf(sandboxId))) {
                case HostName.Sandbox named ->
                    new Port(
                            named.id(),
                            named.port(),
                            shared ? named.port() + "-" + named.id() + host.substring(SHARED.length() - 1) : null);
                case HostName.Malformed malformed -> new Nobody(malformed.message());
                case HostName.Other _ -> new Nobody("Invalid host");
            };
        }

        private Target byHost(String host) {
            return switch (HostName.parse(host)) {
                case HostName.Sandbox named -> new Port(named.id(), named.port(), null);
                // A machine's own name may hold a dash; only below our domain must every name be a sandbox's.
                case HostName.Malformed malformed ->
                    ours(host) || Character.isDigit(host.charAt(0)) ? new Nobody(malformed.message()) : API;
                case HostName.Other _ ->
                    ours(host) && !host.regionMatches(true, 0, "api.", 0, 4) ? new Nobody("Invalid host") : API;
            };
        }

        private boolean ours(String host) {
            String name = withoutPort(host).toLowerCase(Locale.ROOT);
            return !name.equals(domain) && (name.endsWith("." + domain) || name.endsWith(".localhost"));
        }

        private boolean isApex(String host) {
            return withoutPort(host).equalsIgnoreCase(domain);
        }

        private static String withoutPort(String host) {
            int colon = host.lastIndexOf(':');
            return colon < 0 || host.indexOf(']') > colon ? host : host.substring(0, colon);
        }

        private static boolean isAddress(String name) {
            if (name.startsWith("[")) {
                return name.endsWith("]");
            }
            int dots = 0;
            for (int i = 0; i < name.length(); i++) {
                char c = name.charAt(i);
                if (c == '.') {
                    dots++;
                } else if (c < '0' || c > '9') {
                    return false;
                }
            }
            return dots == 3;
        }
    }
}
