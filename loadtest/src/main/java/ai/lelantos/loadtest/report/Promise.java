package ai.lelantos.loadtest.report;

import ai.lelantos.loadtest.measure.Row;
import ai.lelantos.loadtest.report.Vitals.Sample;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// One promise: what is measured, in which scenario, and the bound it must keep.
///
/// @param bound in words, with its unit
/// @param scenario the scenario that measures it, null for a promise that another command measures
/// @param measured the value by the report of a run, empty when the run did not measure it
/// @param kept whether a value keeps the bound
record Promise(
        String title,
        String bound,
        @Nullable String scenario,
        Function<Report, Optional<Double>> measured,
        java.util.function.DoublePredicate kept) {

    /// The set that docs/promises.md shows, in its order.
    static List<Promise> all() {
        return List.of(
                atMost("create from the pool, p50", 15, "ms", "create", "create/create from the pool@1", Row::p50Ms),
                atMost("create from the pool, p99", 60, "ms", "create", "create/create from the pool@1", Row::p99Ms),
                atMost("create cold, p50", 150, "ms", "create", "create/create cold@1", Row::p50Ms),
                atMost("50 creates at once: failures", 0, "failures", "create", "create/burst@50", row ->
                        (double) row.failed()),
                atMost("50 creates at once, unannounced, p99", 2000, "ms", "create", "create/burst@50", Row::p99Ms),
                atMost(
                        "50 creates at once, as many as lately, p99",
                        2000,
                        "ms",
                        "create",
                        "create/burst after a burst@50",
                        Row::p99Ms),
                atMost(
                        "create to first command finished, p50",
                        40,
                        "ms",
                        "create",
                        "create/create to first command@1",
                        Row::p50Ms),
                new Promise(
                        "command on a warm connection, over the same shell inside, p50",
                        "at most 5 ms",
                        "exec",
                        report -> difference(report, "exec/true@1", "exec/true without us, inside@1"),
                        value -> value <= 5),
                new Promise(
                        "one stream at full speed, of what a bare relay moves from the same pipe over loopback TCP",
                        "at least 0.5",
                        "stream",
                        report -> ofFloor(report, "stream/one stream at full speed@1", "pipe over TCP"),
                        value -> value >= 0.5),
                atMost(
                        "200 concurrent streams: lost or disordered",
                        0,
                        "failures",
                        "stream",
                        "stream/%lines of 64 bytes@200",
                        row -> (double) row.failed()),
                atMost(
                        "200 concurrent streams for ten minutes: lost or disordered",
                        0,
                        "failures",
                        "stream-soak",
                        "stream-soak/%@200",
                        row -> (double) row.failed()),
                flat("200 concurrent streams for ten minutes, gateway memory", "stream-soak", Sample::gatewayMebibytes),
                flat("200 concurrent streams for ten minutes, agents' memory", "stream-soak", Sample::agentMebibytes),
                atLeast(
                        "large upload, of what loopback TCP moves",
                        0.5,
                        "files",
                        report -> ofFloor(report, "files/upload large@1", "loopback TCP")),
                atLeast(
                        "large download, of what loopback TCP moves",
                        0.5,
                        "files",
                        report -> ofFloor(report, "files/download large@1", "loopback TCP")),
                atLeast(
                        "proxied small GETs per core at 32 connections, of nginx's",
                        0.8,
                        "nginx",
                        report -> report.find("nginx/ratio, small GET@32").map(Row::perSecond)),
                atMost(
                        "proxied small GETs at 32 connections, p99 over nginx's",
                        1.5,
                        "times",
                        "nginx",
                        "nginx/ratio, small GET@32",
                        Row::p99Ms),
                atLeast(
                        "proxied 1 MiB bodies per core at 32 connections, of nginx's",
                        0.9,
                        "nginx",
                        report -> report.find("nginx/ratio, 1 MiB down@32").map(Row::perSecond)),
                atMost(
                        "2,000 idle streams through the gateway, memory each",
                        60,
                        "KB",
                        "held",
                        "held/gateway memory each, KB@2000",
                        Row::megabytesPerSecond),
                atMost(
                        "agent, start to first answer, p50",
                        230,
                        "ms",
                        "agent",
                        "agent/start to first answer@1",
                        Row::p50Ms),
                atMost(
                        "idle agent, anonymous memory",
                        40,
                        "MB",
                        "idle",
                        "idle/agent anonymous, MB@50",
                        Row::megabytesPerSecond),
                atMost(
                        "idle agent, its share of memory, of 50",
                        60,
                        "MB",
                        "idle",
                        "idle/agent PSS, MB@50",
                        Row::megabytesPerSecond),
                atMost(
                        "idle sandbox, all it takes of the host, of 50",
                        80,
                        "MB",
                        "idle",
                        "idle/host memory each, MB@50",
                        Row::megabytesPerSecond),
                atMost(
                        "idle sandbox, all it takes of the host, of 150",
                        80,
                        "MB",
                        "idle",
                        "idle/host memory each, MB@150",
                        Row::megabytesPerSecond),
                atMost("kill, p50", 30, "ms", "create", "create/kill@1", Row::p50Ms),
                atMost("pause, p50", 10, "ms", "pause", "pause/pause@1", Row::p50Ms),
                atMost("resume, p50", 10, "ms", "pause", "pause/resume@1", Row::p50Ms),
                atMost("mixed day in the soak: failures", 0, "failures", "soak", "soak/mixed day@4", row ->
                        (double) row.failed()),
                flat("mixed day in the soak, gateway memory", "soak", Sample::gatewayMebibytes));
    }

    /// Ten minutes that end with what they began with, but for a tenth.
    private static Promise flat(String title, String scenario, ToDoubleFunction<Sample> memory) {
        return new Promise(
                title + ", at the end over the beginning",
                "at most 1.1 times",
                scenario,
                report -> report.growth(scenario, memory),
                grown -> grown <= 1.1);
    }

    private static Promise atMost(
            String title, double bound, String unit, String scenario, String key, Function<Row, Double> value) {
        return new Promise(
                title,
                "at most " + number(bound) + " " + unit,
                scenario,
                report -> report.find(key).map(value),
                measured -> measured <= bound);
    }

    private static Promise atLeast(
            String title, double bound, String scenario, Function<Report, Optional<Double>> measured) {
        return new Promise(title, "at least " + number(bound), scenario, measured, value -> value >= bound);
    }

    private static Optional<Double> difference(Report report, String key, String floor) {
        return report.find(key).flatMap(row -> report.find(floor).map(under -> row.p50Ms() - under.p50Ms()));
    }

    private static Optional<Double> ofFloor(Report report, String key, String floor) {
        return report.find(key)
                .flatMap(row -> report.find("floor/" + floor + ",%")
                        .map(bare -> row.megabytesPerSecond() / bare.megabytesPerSecond()));
    }

    static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }
}
