package ai.lelantos.gateway.template;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A bootable image family: an id, names, and builds.
///
/// @param names aliases with their namespace, bare where promoted
record Template(
        String id,
        UUID team,
        boolean isPublic,
        boolean snapshot,
        List<String> aliases,
        List<String> names,
        Instant createdAt,
        Instant updatedAt,
        @Nullable UUID createdBy,
        @Nullable String createdByEmail,
        @Nullable Instant lastSpawnedAt,
        long spawnCount,
        int buildCount,
        String buildStatus,
        @Nullable Build build) {

    /// One immutable version of a template.
    record Build(
            UUID id,
            String status,
            int cpuCount,
            int memoryMb,
            int diskMb,
            @Nullable String envdVersion,
            Instant createdAt,
            Instant updatedAt,
            @Nullable Instant finishedAt) {}

    /// One assignment of a tag.
    record Tag(String tag, UUID build, Instant createdAt) {}
}
