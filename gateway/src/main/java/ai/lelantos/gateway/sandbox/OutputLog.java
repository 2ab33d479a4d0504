package ai.lelantos.gateway.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// What runs in a sandbox, written into its log: the first lines of each text, bounded per line and per sandbox.
final class OutputLog {

    private static final int LINES_MAX = 200;
    private static final int LINE_CHARS_MAX = 2_000;

    private final LogStore logs;
    private final SandboxSettings settings;
    private final Clock clock;

    OutputLog(LogStore logs, SandboxSettings settings, Clock clock) {
        this.logs = logs;
        this.settings = settings;
        this.clock = clock;
    }

    /// A text and where it came from.
    ///
    /// @param level 0 for debug to 3 for error
    record Part(String stream, int level, String text) {}

    Mono<Void> keep(String sandbox, List<Part> parts) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        List<LogStore.Line> lines = parts.stream()
                .flatMap(part -> part.text
                        .lines()
                        .limit(LINES_MAX)
                        // PostgreSQL's text holds every character but NUL.
                        .map(line -> line.replace("\0", "\uFFFD"))
                        .map(line -> line.length() > LINE_CHARS_MAX ? line.substring(0, LINE_CHARS_MAX) : line)
                        .map(line ->
                                new LogStore.Line(now, part.level, "process", line, Map.of("stream", part.stream))))
                .toList();
        return logs.append(sandbox, lines, settings.outputLinesMax());
    }
}
