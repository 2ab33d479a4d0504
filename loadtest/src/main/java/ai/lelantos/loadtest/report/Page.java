package ai.lelantos.loadtest.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.lelantos.loadtest.measure.Row;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/// A run as one HTML page that needs nothing else: tables and charts, in the reader's own light or dark.
public final class Page {

    /// Shorter runs say nothing by a curve that their row does not.
    private static final int CHART_SECONDS_MIN = 8;

    private static final String HEAD = resource("head.html");

    private Page() {}

    public static String of(Report report) {
        var html = new StringBuilder(HEAD);
        String when = DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ROOT)
                .withZone(ZoneOffset.UTC)
                .format(report.at());
        html.append("<h1>Lelantos, measured</h1><p>")
                .append(when)
                .append(report.quick() ? ", quick run" : "")
                .append(" · ")
                .append(escape(report.machine().cpu()))
                .append(", ")
                .append(report.machine().cores())
                .append(" cores, ")
                .append(report.machine().memoryMebibytes() / 1024)
                .append(" GiB · kernel ")
                .append(escape(report.machine().kernel()))
                .append("</p><p>Latencies count from the moment the work should have begun.")
                .append(" Strong bars end at p50, faint ones at p99, on a scale of each table's own.</p>\n");
        report.rows().stream().map(Row::scenario).distinct().forEach(scenario -> scenario(html, scenario, report));
        vitals(html, report.vitals());
        return html.append("</body></html>\n").toString();
    }

    private static void scenario(StringBuilder html, String scenario, Report report) {
        List<Row> rows = report.rows().stream()
                .filter(row -> row.scenario().equals(scenario))
                .toList();
        double longest =
                Math.max(0.001, rows.stream().mapToDouble(Row::p99Ms).max().orElse(0));
        html.append("<h2>").append(escape(scenario)).append("</h2>");
        peak(html, scenario, report);
        html.append("<div class=\"scroll\"><table><tr><th>measure</th><th>at once</th><th>ok</th><th>failed</th>")
                .append(
                        "<th>per s</th><th>MB/s</th><th>p50 ms</th><th>p95 ms</th><th>p99 ms</th><th>max ms</th><th></th></tr>\n");
        rows.forEach(row -> row(html, row, longest));
        html.append("</table></div>\n");
        html.append("<div class=\"charts\">");
        rows.stream()
                .filter(row -> row.series().size() >= CHART_SECONDS_MIN)
                .forEach(row -> chart(
                        html,
                        row.name() + " at " + row.concurrency() + ": done in each second",
                        "/s",
                        row.series().stream().mapToDouble(Integer::doubleValue).toArray()));
        html.append("</div>\n");
    }

    private static void peak(StringBuilder html, String scenario, Report report) {
        report.peaks().stream()
                .filter(peak -> peak.scenario().equals(scenario))
                .forEach(peak -> html.append("<p>")
                        .append(String.format(
                                Locale.ROOT,
                                "Meanwhile at most: gateway %d MiB and %.0f %% of one core; %d agents, %d MiB together",
                                peak.gatewayMebibytes(),
                                peak.gatewayCpuPercent(),
                                peak.agents(),
                                peak.agentMebibytes()))
                        .append("</p>"));
    }

    private static void row(StringBuilder html, Row row, double longest) {
        html.append(String.format(
                Locale.ROOT,
                "<tr><td>%s</td><td>%d</td><td>%d</td><td%s>%d</td><td>%s</td><td>%s</td>"
                        + "<td>%s</td><td>%s</td><td>%s</td><td>%s</td>",
                escape(row.name()),
                row.concurrency(),
                row.count(),
                row.failed() > 0 ? " class=\"failed\"" : "",
                row.failed(),
                number("%.1f", row.perSecond()),
                number("%.0f", row.megabytesPerSecond()),
                number("%.2f", row.p50Ms()),
                number("%.2f", row.p95Ms()),
                number("%.2f", row.p99Ms()),
                number("%.2f", row.maxMs())));
        html.append("<td class=\"latency\">").append(bar(row, longest)).append("</td></tr>\n");
        row.failures()
                .forEach((why, times) -> html.append("<tr><td class=\"why\" colspan=\"11\">")
                        .append(times)
                        .append(" × ")
                        .append(escape(why))
                        .append("</td></tr>\n"));
    }

    /// Nothing where nothing was measured.
    private static String number(String format, double value) {
        return value == 0 ? "" : String.format(Locale.ROOT, format, value);
    }

    private static String bar(Row row, double longest) {
        return String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 220 12\" height=\"12\" preserveAspectRatio=\"none\">"
                        + "<rect width=\"%.1f\" height=\"12\" fill=\"var(--tail)\"/>"
                        + "<rect width=\"%.1f\" height=\"12\" fill=\"var(--bar)\"/></svg>",
                220 * row.p99Ms() / longest,
                220 * row.p50Ms() / longest);
    }

    private static void vitals(StringBuilder html, List<Vitals.Sample> samples) {
        if (samples.size() < 2) {
            return;
        }
        html.append("<h2>Meanwhile</h2><div class=\"charts\">");
        // Without its process's id nothing is known of the gateway.
        if (samples.stream().anyMatch(sample -> sample.gatewayMebibytes() > 0)) {
            chart(html, "gateway memory", "MiB", values(samples, Vitals.Sample::gatewayMebibytes));
            chart(html, "gateway CPU, of one core", "%", values(samples, Vitals.Sample::gatewayCpuPercent));
        }
        chart(html, "agents", "", values(samples, Vitals.Sample::agents));
        chart(html, "agents' memory together", "MiB", values(samples, Vitals.Sample::agentMebibytes));
        html.append("</div>\n");
    }

    private static double[] values(List<Vitals.Sample> samples, ToDoubleFunction<Vitals.Sample> value) {
        return samples.stream().mapToDouble(value).toArray();
    }

    private static void chart(StringBuilder html, String title, String unit, double[] values) {
        html.append("<div><p>")
                .append(escape(title))
                .append("</p>")
                .append(line(values, unit))
                .append("</div>");
    }

    private static String line(double[] values, String unit) {
        double top = Math.max(1, java.util.Arrays.stream(values).max().orElse(1));
        var points = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            points.append(String.format(
                    Locale.ROOT,
                    "%.1f,%.1f ",
                    60 + 400.0 * i / Math.max(1, values.length - 1),
                    92 - 80 * values[i] / top));
        }
        return String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 480 110\"><line x1=\"60\" y1=\"92\" x2=\"460\" y2=\"92\" stroke=\"var(--line)\"/>"
                        + "<text x=\"0\" y=\"18\">%.0f %s</text><text x=\"0\" y=\"96\">0</text>"
                        + "<text x=\"60\" y=\"107\">0 s</text><text x=\"460\" y=\"107\" text-anchor=\"end\">%d s</text>"
                        + "<polyline points=\"%s\" fill=\"none\" stroke=\"var(--bar)\" stroke-width=\"1.5\"/></svg>%n",
                top,
                unit,
                values.length - 1,
                points.toString().strip());
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Page.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
