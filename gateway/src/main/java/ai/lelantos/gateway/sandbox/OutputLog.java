package ai.lelantos.gateway.sandbox;

import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// What runs in a sandbox, written into its log: the first lines of each text, bounded per line, and per sandbox by as
/// many as are kept and a few hundred more.
final class OutputLog {

    private static final int LINES_MAX = 200;
    private static final int LINE_CHARS_MAX = 2_000;

    /// Lines added before the surplus is looked for again: finding it reads every line that is kept.
    private static final int UNTRIMMED_MAX = 500;

    /// Sandboxes whose lines are counted; one that is forgotten is looked at once too often.
    private static final int COUNTED_MAX = 4_096;

    private final LogStore logs;
    private final SandboxSettings settings;
    private final Clock clock;
    private final Map<String, Integer> untrimmed = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > COUNTED_MAX;
        }
    };

    OutputLog(LogStore logs, SandboxSettings settings, Clock clock) {
        this.logs = logs;
        this.settings = settings;
        this.clock = clock;
    }

    /// A text and where it came from.
    ///
    /// @param level 0 for debug to 3 for error
    record Part(int level, String text, Map<String, String> fields) {}

    Mono<Void> keep(String sandbox, List<Part> parts) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        List<LogStore.Line> lines = parts.stream()
                .flatMap(part -> part.text
                        .lines()
                        .limit(LINES_MAX)
                        // PostgreSQL's text holds every character but NUL.
                        .map(line -> line.replace("\0", "\uFFFD"))
                        .map(line -> line.length() > LINE_CHARS_MAX ? line.substring(0, LINE_CHARS_MAX) : line)
                        .map(line -> new LogStore.Line(now, part.level, "process", line, part.fields)))
                .toList();
        return logs.append(sandbox, lines)
                .then(Mono.defer(() ->
                        due(sandbox, lines.size()) ? logs.trim(sandbox, settings.outputLinesMax()) : Mono.empty()));
    }

    private boolean due(String sandbox, int added) {
        synchronized (untrimmed) {
            int since = untrimmed.getOrDefault(sandbox, UNTRIMMED_MAX) + added;
            untrimmed.put(sandbox, since > UNTRIMMED_MAX ? 0 : since);
            return since > UNTRIMMED_MAX;
        }
    }
}
