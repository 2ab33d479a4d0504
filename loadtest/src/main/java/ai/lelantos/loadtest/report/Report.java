package ai.lelantos.loadtest.report;

import ai.lelantos.loadtest.measure.Row;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// All of one run.
public record Report(Instant at, boolean quick, Fingerprint machine, List<Row> rows, List<Vitals.Sample> vitals) {

    /// Seconds of a scenario that tell whether something grows in it.
    private static final int GROWTH_SAMPLES_MIN = 60;

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    public void write(Path json) {
        JSON.writeValue(json.toFile(), this);
    }

    public static Report read(Path json) {
        return JSON.readValue(json.toFile(), Report.class);
    }

    /// The table a terminal shows.
    public String table() {
        var text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%-12s %-32s %5s %8s %6s %10s %9s %9s %9s %9s %9s%n",
                "scenario",
                "measure",
                "conc",
                "ok",
                "failed",
                "per s",
                "p50 ms",
                "p95 ms",
                "p99 ms",
                "max ms",
                "MB/s"));
        for (Row row : rows) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-12s %-32s %5d %8d %6d %10.1f %9.2f %9.2f %9.2f %9.2f %9s%n",
                    row.scenario(),
                    row.name(),
                    row.concurrency(),
                    row.count(),
                    row.failed(),
                    row.perSecond(),
                    row.p50Ms(),
                    row.p95Ms(),
                    row.p99Ms(),
                    row.maxMs(),
                    row.megabytesPerSecond() == 0 ? "" : String.format(Locale.ROOT, "%.0f", row.megabytesPerSecond())));
            row.failures()
                    .forEach((why, times) -> text.append(String.format(Locale.ROOT, "%12s%d x %s%n", "", times, why)));
        }
        peaks().forEach(peak -> text.append(String.format(
                Locale.ROOT,
                "%-12s meanwhile at most: gateway %d MiB and %.0f %% of one core; %d agents, %d MiB together%n",
                peak.scenario(),
                peak.gatewayMebibytes(),
                peak.gatewayCpuPercent(),
                peak.agents(),
                peak.agentMebibytes())));
        return text.toString();
    }

    /// The row of that key that measured something; `%` in a key stands for any text.
    Optional<Row> find(String key) {
        Pattern pattern = Pattern.compile("\\Q" + key.replace("%", "\\E.*\\Q") + "\\E");
        return rows.stream()
                .filter(row -> pattern.matcher(row.key()).matches())
                .filter(row -> row.count() + row.failed() > 0)
                .findFirst();
    }

    /// What something took in the last fifth of a scenario over what it took in the second: above 1 it grew. Empty for
    /// a run too short to tell.
    Optional<Double> growth(String scenario, ToDoubleFunction<Vitals.Sample> what) {
        double[] values = vitals.stream()
                .filter(sample -> sample.scenario().equals(scenario))
                .mapToDouble(what)
                .toArray();
        int fifth = values.length / 5;
        double early = mean(values, fifth, 2 * fifth);
        return values.length < GROWTH_SAMPLES_MIN || early == 0
                ? Optional.empty()
                : Optional.of(mean(values, values.length - fifth, values.length) / early);
    }

    private static double mean(double[] values, int from, int to) {
        return Arrays.stream(values, from, to).average().orElse(0);
    }

    /// For each scenario in turn the most that gateway and agents took while it ran.
    List<Vitals.Sample> peaks() {
        var peaks = new LinkedHashMap<String, Vitals.Sample>();
        vitals.stream()
                .filter(sample -> !sample.scenario().isEmpty())
                .forEach(sample -> peaks.merge(sample.scenario(), sample, Vitals.Sample::most));
        return List.copyOf(peaks.values());
    }

    /// This run divided by an earlier one, measure by measure; below 1 is quicker for latencies, above 1 is more for
    /// rates.
    public String comparedWith(Report earlier) {
        Map<String, Row> before =
                earlier.rows().stream().collect(Collectors.toMap(Row::key, row -> row, (first, _) -> first));
        var text = new StringBuilder();
        if (!earlier.machine().equals(machine)) {
            text.append("not the same machine: ")
                    .append(earlier.machine())
                    .append(" before, ")
                    .append(machine)
                    .append(" now\n");
        }
        text.append(String.format(
                Locale.ROOT,
                "%-12s %-32s %5s %9s %9s %9s %9s%n",
                "scenario",
                "measure",
                "conc",
                "p50",
                "p99",
                "per s",
                "failed"));
        for (Row row : rows) {
            Row old = before.remove(row.key());
            text.append(String.format(Locale.ROOT, "%-12s %-32s %5d ", row.scenario(), row.name(), row.concurrency()));
            text.append(
                    old == null
                            ? "only in the later run\n"
                            : String.format(
                                    Locale.ROOT,
                                    "%9s %9s %9s %4d→%d%n",
                                    ratio(row.p50Ms(), old.p50Ms()),
                                    ratio(row.p99Ms(), old.p99Ms()),
                                    ratio(row.perSecond(), old.perSecond()),
                                    old.failed(),
                                    row.failed()));
        }
        before.keySet().forEach(key -> text.append(key).append(" only in the earlier run\n"));
        return text.toString();
    }

    private static String ratio(double now, double before) {
        return before == 0 ? "-" : String.format(Locale.ROOT, "%.2f", now / before);
    }
}
