package ai.lelantos.gateway.auth;

import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The tenant that owns everything, and how much of it.
public record Team(
        UUID id,
        String slug,
        String name,
        int concurrencyMax,
        Duration timeoutMax,
        int cpuMax,
        int memoryMbMax,
        boolean banned,
        @Nullable String blockedReason) {}
