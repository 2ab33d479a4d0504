package ai.lelantos.gateway.sandbox;

import java.util.Locale;

/// Where a sandbox is in its life; the names are those of the database.
enum SandboxState {
    STARTING,
    RUNNING,
    PAUSING,
    PAUSED,
    RESUMING,
    KILLING,
    GONE;

    static SandboxState of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    String sql() {
        return name().toLowerCase(Locale.ROOT);
    }
}
