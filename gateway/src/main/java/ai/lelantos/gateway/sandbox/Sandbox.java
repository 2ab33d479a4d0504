package ai.lelantos.gateway.sandbox;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One row: what the database knows of a sandbox.
///
/// @param version counts state changes; whoever changes the state names the one it saw
/// @param lifecycle differs for every run
/// @param network as given, JSON text, null when never given
/// @param allowInternet null when never said
/// @param memoryKept for a paused one, whether it can go on where it stood
record Sandbox(
        String id,
        UUID team,
        String templateId,
        @Nullable String alias,
        UUID build,
        String image,
        String node,
        @Nullable String machine,
        SandboxState state,
        long version,
        long lifecycle,
        Instant createdAt,
        Instant startedAt,
        Instant endAt,
        int cpuCount,
        int memoryMb,
        int diskMb,
        String envdVersion,
        boolean secure,
        Map<String, String> metadata,
        Map<String, String> envVars,
        @Nullable String network,
        @Nullable Boolean allowInternet,
        Policy policy,
        boolean memoryKept) {

    /// What happens at its end and when traffic comes for it paused.
    ///
    /// @param autoResumeSeconds what a resume by traffic gives it
    record Policy(boolean autoPause, boolean autoPauseMemory, boolean autoResume, int autoResumeSeconds) {}
}
