package ai.lelantos.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The promises held against one run, and the table of docs/promises.md made of it.
public final class Promises {

    private static final String BEGIN = "<!-- measured: begin -->";
    private static final String END = "<!-- measured: end -->";

    private final Report report;

    public Promises(Report report) {
        this.report = report;
    }

    /// The scenarios that the promises need.
    public static Set<String> scenarios() {
        return Promise.all().stream()
                .map(Promise::scenario)
                .filter(java.util.Objects::nonNull)
                .collect(Collectors.toSet());
    }

    /// Promises that this run broke or did not measure.
    public List<String> broken() {
        return Promise.all().stream()
                .filter(promise -> promise.measured()
                        .apply(report)
                        .filter(promise.kept()::test)
                        .isEmpty())
                .map(promise -> promise.title() + ": promised " + promise.bound() + ", got "
                        + promise.measured().apply(report).map(Promise::number).orElse("no measurement"))
                .toList();
    }

    public String table() {
        var text =
                new StringBuilder("| promise | bound | scenario | last | on | verdict |\n|---|---|---|---|---|---|\n");
        LocalDate day = LocalDate.ofInstant(report.at(), ZoneOffset.UTC);
        for (Promise promise : Promise.all()) {
            Optional<Double> value = promise.measured().apply(report);
            String verdict = value.isEmpty() ? "not measured" : promise.kept().test(value.get()) ? "pass" : "**short**";
            text.append("| ")
                    .append(promise.title())
                    .append(" | ")
                    .append(promise.bound())
                    .append(" | ")
                    .append(promise.scenario())
                    .append(" | ")
                    .append(value.map(Promise::number).orElse(""))
                    .append(" | ")
                    .append(value.isEmpty() ? "" : day)
                    .append(" | ")
                    .append(verdict)
                    .append(" |\n");
        }
        return text.toString();
    }

    /// Puts the table between the two marks of the document.
    public void writeInto(Path document) throws IOException {
        String text = Files.readString(document);
        int from = text.indexOf(BEGIN);
        int to = text.indexOf(END);
        if (from < 0 || to < from) {
            throw new IOException(
                    document + " has no lines '" + BEGIN + "' and '" + END + "' to put the table between");
        }
        Files.writeString(document, text.substring(0, from + BEGIN.length()) + "\n" + table() + text.substring(to));
    }
}
