package ai.lelantos.envd.host;

import ai.lelantos.envd.linux.SystemClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What programs of a sandbox find about it outside of their environment: files, a host name, the time of day.
///
/// All of it is a courtesy: where the sandbox does not let us (a read-only root, a clock that is not ours), the call
/// that brought the fact still succeeds.
public final class BootFacts {

    private static final Logger LOG = LoggerFactory.getLogger(BootFacts.class);
    private static final String EVENTS_NAME = "events.e2b.local";
    private static final Duration BEHIND_MAX = Duration.ofMillis(50);
    private static final Duration AHEAD_MAX = Duration.ofSeconds(5);

    /// No host lives before this agent was written: such a time orders calls and is no time of day.
    private static final Instant EARLIEST = Instant.ofEpochSecond(1_767_225_600); // 2026

    private final Path root;
    private final boolean ownsClock;

    /// @param root `/`, but for tests
    /// @param ownsClock whether nobody but this sandbox lives by the machine's clock
    public BootFacts(Path root, boolean ownsClock) {
        this.root = root;
        this.ownsClock = ownsClock;
    }

    /// Writes who this sandbox is, for all to read.
    void identify(String sandboxId, String templateId) {
        Path folder = root.resolve("run/e2b");
        try {
            var _ = Files.createDirectories(folder);
            var _ = Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            write(folder.resolve(".E2B_SANDBOX"), "true");
            write(folder.resolve(".E2B_SANDBOX_ID"), sandboxId);
            write(folder.resolve(".E2B_TEMPLATE_ID"), templateId);
        } catch (IOException e) {
            LOG.warn("cannot write the facts of sandbox {}", sandboxId, e);
        }
    }

    private static void write(Path file, String text) throws IOException {
        var _ = Files.deleteIfExists(file);
        var _ = Files.writeString(file, text);
        var _ = Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
    }

    /// Gives the host's address its name, in place of any it had. The file is written in place: it may be a mount.
    void nameEvents(String address) {
        Path hosts = root.resolve("etc/hosts");
        try {
            List<String> before = Files.exists(hosts) ? Files.readAllLines(hosts, StandardCharsets.UTF_8) : List.of();
            var after =
                    new ArrayList<>(before.stream().filter(line -> !names(line)).toList());
            after.add(address + " " + EVENTS_NAME);
            if (!after.equals(before)) {
                var _ = Files.writeString(hosts, String.join("\n", after) + "\n");
            }
        } catch (IOException e) {
            LOG.warn("cannot name {} in {}", EVENTS_NAME, hosts, e);
        }
    }

    private static boolean names(String line) {
        return !line.startsWith("#") && List.of(line.strip().split("\\s+")).contains(EVENTS_NAME);
    }

    /// Sets the clock if it is off by more than a client would notice.
    void correctClock(Instant now) {
        Duration ahead = Duration.between(now, Instant.now());
        if (!ownsClock || now.isBefore(EARLIEST)) {
            return;
        }
        if (ahead.compareTo(BEHIND_MAX.negated()) < 0 || ahead.compareTo(AHEAD_MAX) > 0) {
            int refused = SystemClock.set(now);
            LOG.debug("the clock was {} ahead of the host's; setting it gave {}", ahead, refused);
        }
    }
}
