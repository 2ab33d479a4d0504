package ai.lelantos.gateway.db;

import ai.lelantos.gateway.settings.Setting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Which PostgreSQL, and how many connections to it.
@Setting.Prefix("database")
public record DatabaseSettings(
        @Setting(
                is = "your own PostgreSQL, postgresql://user:password@host:port/name; empty for the embedded one",
                secret = true)
        @Nullable
        String url,

        @Setting(value = "16", is = "connections of the pool")
        int connectionsMax,

        @Setting(value = "10s", is = "how long a request waits for a connection before it fails")
        Duration acquireTimeout) {

    public DatabaseSettings {
        if (connectionsMax < 2) {
            throw new IllegalArgumentException(
                    "LELANTOS_DATABASE_CONNECTIONS_MAX is " + connectionsMax + " (expected: 2 or more)");
        }
    }
}
