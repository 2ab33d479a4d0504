package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Much output at once: nothing lost, nothing out of order, memory as before.
@Timeout(180)
class FloodIT {

    private static final int COMMANDS = Integer.getInteger("flood.commands", 200);
    private static final int LEAVERS = COMMANDS / 10;
    private static final int LINES = 1_000;

    /// What the agent's anonymous memory may differ by after as before: its collector's noise, not 200 commands'
    /// output.
    private static final long MEMORY_NOISE_BYTES = 24 << 20;

    private static final long BIG_BYTES = Long.getLong("flood.bytes", 1L << 30);

    @Test
    void twoHundredCommandsAtOnceLoseNothingAndNobodyNoticesThoseWhoLeave() throws Exception {
        try (RealAgent agent = wholeHeap();
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Shell shell = new Shell(new AgentClient(agent.uri()));
            round(shell, clients, COMMANDS); // classes loaded, code compiled, pools made: that is the agent at rest
            long before = settledMemory(agent);
            round(shell, clients, COMMANDS);
            assertThat(shell.list()).isEmpty();
            assertThat(settledMemory(agent) - before).isLessThan(MEMORY_NOISE_BYTES);
        }
    }

    private static void round(Shell shell, java.util.concurrent.ExecutorService clients, int commands)
            throws InterruptedException, ExecutionException {
        String expected = numbered("out");
        String errors = numbered("err");
        var script = "i=1; while [ $i -le " + LINES + " ]; do echo out $i; echo err $i >&2; i=$((i+1)); done; exit 21";
        List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < commands; i++) {
            boolean leaves = i < LEAVERS;
            tasks.add(() -> {
                try (Attached command =
                        shell.start(Shell.command("/bin/sh", "-c", script).setStdin(false))) {
                    if (leaves) {
                        command.awaitText("out 10\n");
                        return null;
                    }
                    assertThat(command.finish().getExitCode()).isEqualTo(21);
                    assertThat(command.stdout()).isEqualTo(expected);
                    assertThat(command.stderr()).isEqualTo(errors);
                }
                return null;
            });
        }
        for (Future<Void> done : clients.invokeAll(tasks)) {
            var _ = done.get();
        }
        awaitEmpty(shell);
    }

    @Test
    void oneGibibyteArrivesWholeThroughFlatMemory() throws Exception {
        try (RealAgent agent = wholeHeap()) {
            Shell shell = new Shell(new AgentClient(agent.uri()));
            transfer(shell, 64 << 20); // warm
            long before = settledMemory(agent);
            long began = System.nanoTime();
            transfer(shell, BIG_BYTES);
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            assertThat(settledMemory(agent) - before).isLessThan(MEMORY_NOISE_BYTES);
            System.out.printf("%d MiB of stdout in %d ms%n", BIG_BYTES >> 20, took.toMillis());
        }
    }

    /// Bytes that depend on where they are, so that a chunk lost, doubled or moved changes the checksum.
    private static void transfer(Shell shell, long bytes) throws Exception {
        String source = "seq 1 10000000000 | head -c " + bytes;
        String expected;
        try (Attached sum = shell.start(Shell.command("sh", "-c", source + " | sha256sum"))) {
            assertThat(sum.finish().getExitCode()).isZero();
            expected = sum.stdout().substring(0, 64);
        }
        var digest = MessageDigest.getInstance("SHA-256");
        long received = 0;
        try (Attached command = shell.start(Shell.command("sh", "-c", source))) {
            for (var event = command.nextUnkept(); event.isPresent(); event = command.nextUnkept()) {
                ByteString chunk = event.get().getData().getStdout();
                received += chunk.size();
                digest.update(chunk.asReadOnlyByteBuffer());
                if (event.get().hasEnd()) {
                    assertThat(event.get().getEnd().getExitCode()).isZero();
                }
            }
        }
        assertThat(received).isEqualTo(bytes);
        assertThat(HexFormat.of().formatHex(digest.digest())).isEqualTo(expected);
    }

    /// An agent whose heap is all resident from the start, so that what its process grows by is not heap.
    private static RealAgent wholeHeap() {
        return RealAgent.with().jvm("-Xms96m").jvm("-XX:+AlwaysPreTouch").start();
    }

    /// What the agent needs after a full collection: live heap, and whatever its process has outside the heap.
    private static long settledMemory(RealAgent agent) {
        return agent.liveHeapBytes() + agent.anonymousBytes();
    }

    private static void awaitEmpty(Shell shell) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!shell.list().isEmpty()) {
            assertThat(System.nanoTime())
                    .as("commands that never end: %s", shell.list())
                    .isLessThan(end);
        }
    }

    private static String numbered(String word) {
        return IntStream.rangeClosed(1, LINES)
                .mapToObj(i -> word + " " + i + "\n")
                .collect(Collectors.joining());
    }
}
