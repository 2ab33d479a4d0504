package ai.lelantos.gateway.template;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What a reference came to: a build a sandbox can start from.
///
/// @param alias the template's first alias, null when it has none
/// @param image the build's directory under `images/<template>/`
public record Bootable(
        String templateId,
        @Nullable String alias,
        UUID buildId,
        String image,
        int cpuCount,
        int memoryMb,
        int diskMb,
        String envdVersion) {}
