package ai.lelantos.gateway.sandbox;

import java.net.InetAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the proxy may know of a sandbox that can be reached right now: one run of it, from boot or resume to kill or
/// pause.
///
/// @param lifecycle differs for every run, so that nothing of one run is used for the next
/// @param accessToken what the agent's port asks for, null for an open sandbox
/// @param trafficToken what every other port asks for, null when its traffic is public
/// @param maskRequestHost the `Host` its servers shall see, with `${PORT}` in it, null for the real one
/// @param httpsPorts ports whose servers speak TLS
public record Route(
        String sandboxId,
        long lifecycle,
        InetAddress address,
        @Nullable String accessToken,
        @Nullable String trafficToken,
        @Nullable String maskRequestHost,
        Set<Integer> httpsPorts,
        int connectionsMax) {}
