package ai.lelantos.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.loadtest.measure.Row;
import ai.lelantos.loadtest.measure.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    private static final Fingerprint MACHINE = new Fingerprint("cpu <fast>", 2, 24_000, "6", "25");

    @TempDir
    Path folder;

    @Test
    void aReportComesBackFromItsJsonAsItWas() {
        Report report = report(pause(4));
        report.write(folder.resolve("r.json"));
        assertThat(Report.read(folder.resolve("r.json"))).isEqualTo(report);
    }

    @Test
    void aComparisonPrintsRatiosAndWhatIsMissing() {
        assertThat(report(pause(8)).comparedWith(report(pause(4)))).contains("2.00");
        assertThat(report(pause(8)).comparedWith(report())).contains("only in the later run");
        assertThat(report().comparedWith(report(pause(4)))).contains("only in the earlier run");
    }

    @Test
    void aPageEscapesWhatItShowsAndListsFailures() {
        var samples = new Samples();
        samples.failure(System.nanoTime(), new IllegalStateException("<script>alert(1)</script>"));
        String page = Page.of(report(samples.row("x", "y", 1)));
        assertThat(page).contains("&lt;script&gt;").doesNotContain("<script>").contains("cpu &lt;fast&gt;");
    }

    @Test
    void aPromiseIsKeptBrokenOrNotMeasured() {
        assertThat(new Promises(report(pause(4))).broken()).noneMatch(text -> text.startsWith("pause, p50"));
        assertThat(new Promises(report(pause(11))).broken())
                .anyMatch(text -> text.startsWith("pause, p50: promised at most 10 ms, got 11"));
        assertThat(new Promises(report()).broken()).anyMatch(text -> text.contains("no measurement"));
    }

    @Test
    void theTableGoesBetweenItsMarksAndNowhereElse() throws IOException {
        Path document = folder.resolve("promises.md");
        Files.writeString(
                document, "# Promises\n<!-- measured: begin -->\nlast week's\n<!-- measured: end -->\nafter\n");
        new Promises(report(pause(4))).writeInto(document);
        assertThat(document)
                .content()
                .startsWith("# Promises\n")
                .endsWith("<!-- measured: end -->\nafter\n")
                .contains("| pause, p50 |")
                .doesNotContain("last week");
    }

    private static Row pause(int millis) {
        var samples = new Samples();
        samples.success(0, millis * 1_000_000L);
        return samples.row("pause", "pause", 1);
    }

    private static Report report(Row... rows) {
        return new Report(Instant.parse("2026-11-21T10:00:00Z"), true, MACHINE, List.of(rows), List.of());
    }
}
