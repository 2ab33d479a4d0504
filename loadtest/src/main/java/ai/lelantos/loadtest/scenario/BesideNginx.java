package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Peer;
import ai.lelantos.loadtest.measure.Row;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Our front and nginx, each before the same server in the same sandbox, asked by wrk: what a request costs either in
/// processor time, and how long it takes. Rates per core, because the three share the machine's cores.
final class BesideNginx implements Scenario {

    private static final int PORT = 8900;
    private static final int SECONDS_MAX = 20; // for the server to start
    private static final List<Integer> CONNECTIONS = List.of(1, 32, 256);

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public String about() {
        return "small and 1 MiB answers through the proxy and through nginx, to the same server: cost and latency of both";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, made -> {
            Sandbox sandbox = made.getFirst();
            sandbox.upload("/home/user/answers.js", answers());
            var ready = new LinkedBlockingQueue<String>();
            Thread server = Thread.ofVirtual().start(() -> serve(sandbox, ready));
            String address = Objects.requireNonNull(
                            ready.poll(SECONDS_MAX, TimeUnit.SECONDS), "no server in the sandbox")
                    .strip();
            Path folder = Files.createTempDirectory("lelantos-beside-nginx");
            try (Peer nginx = Peer.nginx(folder, address, PORT)) {
                compare(bench, sandbox, nginx);
            } finally {
                var _ = sandbox.commands().run("pkill -f answers.js");
                server.join();
                clear(folder);
            }
        });
    }

    private void compare(Bench bench, Sandbox sandbox, Peer nginx) throws Exception {
        Peer ours = Peer.listening(bench.platform().target().url());
        for (String path : List.of("/small", "/big")) {
            for (int connections : CONNECTIONS) {
                // Once to warm, then turn by turn, so that whatever else the machine does meets both.
                var _ = ours.ask(path, connections, bench.either(2, 10), sandbox.routing(PORT));
                var rows = new ArrayList<Peer.Cost>();
                for (Peer peer : List.of(nginx, ours)) {
                    rows.add(peer.ask(path, connections, bench.either(3, 15), sandbox.routing(PORT)));
                }
                bench.row(row("nginx " + path, connections, rows.getFirst()));
                bench.row(row("ours " + path, connections, rows.getLast()));
                bench.row(ratio(path, connections, rows.getFirst(), rows.getLast()));
            }
        }
    }

    /// `perSecond` is per core of the proxy alone.
    private Row row(String name, int connections, Peer.Cost cost) {
        return new Row(
                name(),
                name,
                connections,
                cost.requests(),
                cost.failed(),
                cost.perCoreSecond(),
                cost.p50Ms(),
                0,
                cost.p99Ms(),
                0,
                cost.megabytesPerSecond(),
                java.util.Map.of(),
                List.of());
    }

    /// Ours over nginx: rate per core, and p99.
    private Row ratio(String path, int connections, Peer.Cost nginx, Peer.Cost ours) {
        return new Row(
                name(),
                "ratio " + path,
                connections,
                ours.requests(),
                ours.failed(),
                ours.perCoreSecond() / nginx.perCoreSecond(),
                ours.p50Ms() / nginx.p50Ms(),
                0,
                ours.p99Ms() / nginx.p99Ms(),
                0,
                ours.megabytesPerSecond() / nginx.megabytesPerSecond(),
                java.util.Map.of(),
                List.of());
    }

    private static byte[] answers() throws IOException {
        try (InputStream in = Objects.requireNonNull(BesideNginx.class.getResourceAsStream("answers.js"))) {
            return in.readAllBytes();
        }
    }

    private static void serve(Sandbox sandbox, BlockingQueue<String> ready) {
        try {
            var _ = sandbox.commands().stream(
                    "exec node /home/user/answers.js " + PORT, data -> ready.add(data.toStringUtf8()));
        } catch (RuntimeException _) {
            ready.add("the server's stream broke");
        }
    }

    private static void clear(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }
}
