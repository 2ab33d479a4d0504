package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Peer;
import ai.lelantos.loadtest.measure.Proc;
import ai.lelantos.loadtest.measure.Row;
import ai.lelantos.loadtest.measure.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Our front and nginx, each before the same server in the same sandbox, asked by wrk: what a request costs either in
/// processor time, and how long it takes. Rates per core, because the three share the machine's cores.
final class BesideNginx implements Scenario {

    private static final int PORT = 8900; // that nginx asks; the next one is ours, at the same server
    /// Of the machine; asked before anything is pinned.
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final int WARM_CONNECTIONS = 32;
    /// Pairs of ports towards the server that closed connections may hold, of some 28,000 there are: with many of them
    /// taken, a proxy pays for the search of a free one.
    private static final int CLOSED_PAIRS_MAX = 3_000;
    private static final double SETTLED = 1.05; // a round that brings less than this more is as good as the last
    private static final List<Integer> CONNECTIONS = List.of(1, 32, 256);
    private static final List<String> NEEDED = List.of("nginx", "wrk", "taskset");

    @Override
    public String name() {
        return "nginx";
    }

    @Override
    public String about() {
        return "the proxy and nginx pinned alike before the same server, asked in every way: cost, latency, memory";
    }

    @Override
    public void run(Bench bench) throws Exception {
        List<String> absent =
                NEEDED.stream().filter(program -> !installed(program)).toList();
        if (!absent.isEmpty()) {
            throw new IOException("cannot compare with nginx: not installed here: " + String.join(", ", absent)
                    + "; type: apt-get install -y nginx-light wrk util-linux");
        }
        bench.with(1, made -> {
            Sandbox sandbox = made.getFirst();
            Path folder = Files.createTempDirectory("lelantos-beside-nginx");
            AnswerServer server = AnswerServer.in(sandbox, PORT, others());
            try (Peer nginx = Peer.nginx(folder, server.address(), PORT)) {
                compare(bench, sandbox, server, nginx);
            } finally {
                server.end();
                clear(folder);
            }
        });
    }

    /// One way of asking a proxy.
    private record Case(String name, int connections, boolean perCore, Ask ask) {}

    private interface Ask {
        Peer.Cost of(Peer peer, int seconds) throws Exception;
    }

    private static List<Case> cases(List<String> routing) {
        var closing = new ArrayList<>(routing);
        closing.add("Connection: close");
        var cases = new ArrayList<Case>();
        for (int connections : CONNECTIONS) {
            cases.add(
                    new Case("small GET", connections, true, (peer, s) -> peer.ask("/small", connections, s, routing)));
        }
        cases.add(new Case("new connections", 32, true, (peer, s) -> peer.ask("/small", 32, s, closing)));
        for (int connections : List.of(1, 32)) {
            cases.add(
                    new Case("1 MiB down", connections, true, (peer, s) -> peer.ask("/big", connections, s, routing)));
        }
        cases.add(new Case("1 MiB up", 4, true, (peer, s) -> peer.during(4, s, c -> c.upload("/", 1 << 20, routing))));
        cases.add(new Case("100 MiB down", 1, true, (peer, s) -> peer.during(1, s, c -> c.download("/huge", routing))));
        cases.add(new Case(
                "100 MiB up", 1, true, (peer, s) -> peer.during(1, s, c -> c.upload("/", 100 << 20, routing))));
        cases.add(new Case(
                "WebSocket echo", 32, true, (peer, s) -> peer.during(32, s, c -> c.echo("/", "ping", routing))));
        cases.add(new Case("idle streams", 1_000, false, (peer, s) -> peer.holding(1_000, s, routing)));
        return cases;
    }

    private void compare(Bench bench, Sandbox sandbox, AnswerServer server, Peer nginx) throws Exception {
        Peer ours = Peer.listening(bench.platform().target().url());
        Proc self = Proc.of(ProcessHandle.current().pid());
        String all = self.pin(others()); // wrk inherits it
        String before = ours.pin(last());
        try {
            var _ = nginx.pin(last());
            // A JVM compiles what it runs often: nothing of that belongs to the first case.
            var _ = ours.ask("/small", WARM_CONNECTIONS, bench.either(10, 30), sandbox.routing(PORT + 1));
            for (Case each : cases(sandbox.routing(PORT + 1))) {
                bench.attempt(name(), each.name(), () -> {
                    compare(bench, each, server, nginx, ours);
                    return each;
                });
            }
        } finally {
            var _ = ours.pin(before);
            var _ = self.pin(all);
        }
    }

    /// The processor of either proxy, and of nobody else who takes part: a client or a server beside it on the same one
    /// would be waited for, by the one more and by the other less.
    private static String last() {
        return Integer.toString(PROCESSORS - 1);
    }

    /// Those of whoever asks and answers.
    private static String others() {
        return PROCESSORS < 3 ? "0" : "0-" + (PROCESSORS - 2);
    }

    private void compare(Bench bench, Case each, AnswerServer server, Peer nginx, Peer ours) throws Exception {
        int seconds = bench.either(2, 6);
        int rounds = bench.either(1, 3); // of each proxy, turn by turn
        // First to warm, then turn by turn, so that whatever else the machine does meets both.
        warm(each, ours, bench.either(1, 6), bench.either(1, 4));
        var theirs = new ArrayList<Peer.Cost>();
        var mine = new ArrayList<Peer.Cost>();
        long theirPairs = 0;
        long myPairs = 0;
        for (int round = 0; round < rounds; round++) {
            theirs.add(each.ask().of(nginx, seconds));
            theirPairs = Math.max(theirPairs, Sockets.closedFirst(server.address(), PORT));
            mine.add(each.ask().of(ours, seconds));
            myPairs = Math.max(myPairs, Sockets.closedFirst(server.address(), PORT + 1));
        }
        if (each.perCore() && Math.max(theirPairs, myPairs) > CLOSED_PAIRS_MAX) {
            throw new IOException(
                    "no fair comparison: closed connections to the server hold %d pairs of ports for nginx, %d for us (at most %d)"
                            .formatted(theirPairs, myPairs, CLOSED_PAIRS_MAX));
        }
        Peer.Cost a = Peer.Cost.of(theirs);
        Peer.Cost b = Peer.Cost.of(mine);
        if (each.perCore()) {
            bench.row(row("nginx, " + each.name(), each.connections(), a));
            bench.row(row("ours, " + each.name(), each.connections(), b));
            bench.row(ratio("ratio, " + each.name(), each.connections(), a, b));
        }
        bench.say(
                "%s at %d: CPU %.2f s nginx, %.2f s ours; memory %.0f MB nginx, %.0f MB ours; closed pairs %d nginx, %d ours; %s"
                        .formatted(
                                each.name(),
                                each.connections(),
                                a.cpuSeconds(),
                                b.cpuSeconds(),
                                nginx.memoryMegabytes(),
                                ours.memoryMegabytes(),
                                theirPairs,
                                myPairs,
                                each.perCore()
                                        ? "per core %.2f, p99 %.2f of nginx's"
                                                .formatted(b.perCoreSecond() / a.perCoreSecond(), b.p99Ms() / a.p99Ms())
                                        : "nothing moves"));
    }

    /// Until a round costs what the one before it did: a JVM compiles beside the work, and pinned it does so on the
    /// processor that is measured.
    private static void warm(Case each, Peer ours, int roundsMax, int seconds) throws Exception {
        double before = 0;
        for (int round = 0; round < roundsMax; round++) {
            double now = each.ask().of(ours, seconds).perCoreSecond();
            if (now <= before * SETTLED) {
                return;
            }
            before = now;
        }
    }

    /// `perSecond` is per core of the proxy alone.
    private Row row(String what, int connections, Peer.Cost cost) {
        return line(
                what, connections, cost, cost.perCoreSecond(), cost.p50Ms(), cost.p99Ms(), cost.megabytesPerSecond());
    }

    /// Ours over nginx: rate per core, median, p99 and bytes.
    private Row ratio(String what, int connections, Peer.Cost nginx, Peer.Cost ours) {
        return line(
                what,
                connections,
                ours,
                over(ours.perCoreSecond(), nginx.perCoreSecond()),
                over(ours.p50Ms(), nginx.p50Ms()),
                over(ours.p99Ms(), nginx.p99Ms()),
                over(ours.megabytesPerSecond(), nginx.megabytesPerSecond()));
    }

    private static double over(double ours, double theirs) {
        return theirs == 0 ? 0 : ours / theirs;
    }

    private Row line(
            String what, int connections, Peer.Cost cost, double rate, double p50, double p99, double megabytes) {
        return new Row(
                name(),
                what,
                connections,
                cost.requests(),
                cost.failed(),
                rate,
                p50,
                0,
                p99,
                0,
                megabytes,
                Map.of(),
                List.of());
    }

    private static boolean installed(String program) {
        return Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin")
                .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
    }

    private static void clear(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }
}
