package ai.lelantos.loadtest.clients;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.loadtest.Load;
import ai.lelantos.loadtest.drive.Platform;
import ai.lelantos.loadtest.report.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A bench outlives the server it measures: what fails is a failure with its message, and the report is written.
class BenchIT {

    private static final Duration RUN_LIMIT = Duration.ofMinutes(3);
    private static final long LOOK_AGAIN_NANOS = 200_000_000;

    private final Path work = Path.of("target/bench").toAbsolutePath();
    private final Door door = Door.in(work.resolve("home"), Door.prepared());

    @BeforeEach
    void start() {
        door.down();
        door.up();
    }

    @AfterEach
    void stop() {
        door.down();
    }

    @Test
    void aGatewayKilledDuringARunShowsInTheReportAndTheRunEnds() throws Exception {
        Path json = work.resolve("killed.json");
        Files.deleteIfExists(json);
        long gateway = door.gateway();
        CompletableFuture<Tool> run = CompletableFuture.supplyAsync(() -> soak(json));
        untilASandboxIsThere();
        assertThat(ProcessHandle.of(gateway).orElseThrow().destroyForcibly()).isTrue();

        assertThat(run.get(RUN_LIMIT.toSeconds(), TimeUnit.SECONDS).fine()).contains("report:");
        assertThat(Report.read(json).rows()).singleElement().satisfies(row -> {
            assertThat(row.failed()).isPositive();
            assertThat(row.failures().keySet()).anyMatch(why -> why.contains("Connect"));
        });
    }

    private Tool soak(Path json) {
        String java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        String own = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String html = work.resolve("killed.html").toString();
        return door.with(
                work,
                RUN_LIMIT,
                java,
                "-cp",
                own,
                Load.class.getName(),
                "--quick",
                "--only",
                "soak",
                "--json",
                json.toString(),
                "--html",
                html);
    }

    private void untilASandboxIsThere() {
        long end = System.nanoTime() + RUN_LIMIT.toNanos();
        try (var platform = new Platform(door.target())) {
            while (platform.list() == 0) {
                assertThat(System.nanoTime())
                        .as("when the bench should have created a sandbox")
                        .isLessThan(end);
                LockSupport.parkNanos(LOOK_AGAIN_NANOS);
            }
        }
    }
}
