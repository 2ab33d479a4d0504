package ai.lelantos.gateway.sandbox;

import java.util.Map;

/// A line of a sandbox's log that the gateway itself writes.
///
/// @param level 0 debug, 1 info, 2 warn, 3 error
record Event(String name, int level, Map<String, String> fields) {

    static final Event CREATED = info("sandbox.lifecycle.created");
    static final Event RUNNING = info("sandbox.lifecycle.running");
    static final Event RESUMED = info("sandbox.lifecycle.resumed");
    static final Event PAUSED = info("sandbox.lifecycle.paused");
    static final Event KILLED = info("sandbox.lifecycle.killed");
    static final Event STOPPED = info("sandbox.lifecycle.stopped");

    static Event error(String reason) {
        return new Event("sandbox.lifecycle.error", 3, Map.of("reason", reason));
    }

    private static Event info(String name) {
        return new Event(name, 1, Map.of());
    }
}
