package ai.lelantos.loadtest.measure;

import java.util.List;
import java.util.Map;

/// One line of a report.
///
/// @param perSecond successes a second
/// @param p50Ms latency in milliseconds, from the intended start
/// @param megabytesPerSecond 0 where bytes are not the point
/// @param failures message and how often
/// @param series successes in each second of the run
public record Row(
        String scenario,
        String name,
        int concurrency,
        long count,
        long failed,
        double perSecond,
        double p50Ms,
        double p95Ms,
        double p99Ms,
        double maxMs,
        double megabytesPerSecond,
        Map<String, Long> failures,
        List<Integer> series) {

    /// A number that is no latency: it stands where megabytes do, and its name says its unit.
    public static Row amount(String scenario, String name, int concurrency, double value) {
        return new Row(scenario, name, concurrency, 1, 0, 0, 0, 0, 0, 0, value, Map.of(), List.of());
    }

    /// The same work counted in the smaller pieces that each success of it is made of.
    public Row counting(String pieces, int each) {
        return new Row(
                scenario,
                pieces,
                concurrency,
                count * each,
                failed,
                perSecond * each,
                p50Ms,
                p95Ms,
                p99Ms,
                maxMs,
                megabytesPerSecond,
                Map.of(),
                series.stream().map(second -> second * each).toList());
    }

    /// How another run's or a promise's measure is found again.
    public String key() {
        return scenario + "/" + name + "@" + concurrency;
    }
}
