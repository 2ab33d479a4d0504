package ai.lelantos.loadtest.measure;

import ai.lelantos.loadtest.drive.Platform;
import ai.lelantos.loadtest.drive.Sandbox;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// What a scenario works with: the product, how long it may take, and where its rows go.
public final class Bench {

    private final Platform platform;
    private final @Nullable Path home;
    private final boolean quick;
    private final PrintStream progress;
    private final List<Row> rows = new ArrayList<>();

    /// @param home the server's home, null when it is not on this machine
    public Bench(Platform platform, @Nullable Path home, boolean quick, PrintStream progress) {
        this.platform = platform;
        this.home = home;
        this.quick = quick;
        this.progress = progress;
    }

    public Platform platform() {
        return platform;
    }

    public @Nullable Path home() {
        return home;
    }

    public boolean quick() {
        return quick;
    }

    /// The smaller number in a quick run, the larger otherwise.
    public int either(int quickly, int fully) {
        return quick ? quickly : fully;
    }

    public Duration seconds(int quickly, int fully) {
        return Duration.ofSeconds(either(quickly, fully));
    }

    public void row(Row row) {
        rows.add(row);
        progress.printf(
                "  %-32s c=%-4d %8d ok %5d failed %9.1f/s  p50 %8.2f ms  p99 %8.2f ms%n",
                row.name(), row.concurrency(), row.count(), row.failed(), row.perSecond(), row.p50Ms(), row.p99Ms());
    }

    /// Tells whoever watches.
    public void say(String line) {
        progress.println("  " + line);
    }

    public List<Row> rows() {
        return List.copyOf(rows);
    }

    /// Work that fails leaves a row that says so, and the run goes on.
    public void attempt(String scenario, String name, Callable<?> work) {
        try {
            work.call();
        } catch (Exception e) {
            var samples = new Samples();
            samples.failure(System.nanoTime(), e);
            row(samples.row(scenario, name, 1));
        }
    }

    /// Sandboxes for the length of some work.
    public void with(int sandboxes, Work work) throws Exception {
        List<Sandbox> made = new ArrayList<>();
        try {
            for (int i = 0; i < sandboxes; i++) {
                made.add(platform.create());
            }
            work.on(made);
        } finally {
            made.forEach(this::end);
        }
    }

    /// Kills it; that it could not is said, and is no measurement.
    public void end(Sandbox sandbox) {
        try {
            platform.kill(sandbox);
        } catch (RuntimeException e) {
            progress.println("  could not kill " + sandbox.id() + ": " + e.getMessage());
        }
    }

    /// Something done with sandboxes.
    public interface Work {
        void on(List<Sandbox> sandboxes) throws Exception;
    }
}
