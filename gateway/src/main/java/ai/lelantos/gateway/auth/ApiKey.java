package ai.lelantos.gateway.auth;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A key as it is kept: never the key itself.
record ApiKey(
        UUID id,
        String name,
        int maskLength,
        String maskHead,
        String maskTail,
        @Nullable UUID createdBy,
        @Nullable String createdByEmail,
        Instant createdAt,
        @Nullable Instant lastUsed) {}
