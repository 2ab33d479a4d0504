package ai.lelantos.gateway.settings;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Where the server lives and listens.
public record ServerSettings(
        @Setting(is = "directory of everything the product keeps") @Nullable
        Path home,

        @Setting(value = "127.0.0.1", is = "address to listen on; 0.0.0.0 opens it to others")
        String host,

        @Setting(value = "3000", is = "port of API and sandboxes")
        int port,

        @Setting(is = "wildcard domain of sandboxes behind TLS, such as box.example or box.example:8443") @Nullable
        String domain) {

    private static final int PORT_MAX = 65_535;

    public ServerSettings {
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("LELANTOS_PORT is " + port + " (expected: 0 to " + PORT_MAX + ")");
        }
    }

    public Path homeOrUsual() {
        return home == null ? Home.usual() : home;
    }
}
