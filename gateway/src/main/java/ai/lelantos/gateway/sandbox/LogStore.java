package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.http.Json;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A sandbox's log in SQL: its events and the output of its commands, kept after its death.
public final class LogStore {

    /// The names of the levels, which are numbers in the table.
    static final List<String> LEVELS = List.of("debug", "info", "warn", "error");

    private final Database database;

    public LogStore(Database database) {
        this.database = database;
    }

    /// One line.
    record Line(Instant at, int level, String logger, String message, Map<String, String> fields) {}

    /// Oldest first, from a time on, after skipping some.
    Flux<Line> from(String sandbox, UUID team, Instant since, long offset, int limit) {
        return sql("""
                        select l.at, l.level, l.logger, l.message, l.fields::text as fields
                        from sandbox_logs l join sandboxes s on s.id = l.sandbox_id
                        where l.sandbox_id = :sandbox and s.team_id = :team and l.at >= :since
                        order by l.at, l.seq offset :offset limit :limit""")
                .bind("sandbox", sandbox)
                .bind("team", team)
                .bind("since", since)
                .bind("offset", offset)
                .bind("limit", limit)
                .map(row -> line(row))
                .all();
    }

    /// A window by level and text, in either direction.
    Flux<Line> window(
            String sandbox, UUID team, Instant from, Instant to, int level, String search, boolean forward, int limit) {
        return sql("""
                        select l.at, l.level, l.logger, l.message, l.fields::text as fields
                        from sandbox_logs l join sandboxes s on s.id = l.sandbox_id
                        where l.sandbox_id = :sandbox and s.team_id = :team and l.at >= :from and l.at < :to and
                            l.level >= :level
                            and (:search = '' or position(:search in l.message) > 0)
                        order by l.at %s, l.seq %s limit :limit""".formatted(forward ? "asc" : "desc", forward ? "asc" : "desc"))
                .bind("sandbox", sandbox)
                .bind("team", team)
                .bind("from", from)
                .bind("to", to)
                .bind("level", level)
                .bind("search", search)
                .bind("limit", limit)
                .map(row -> line(row))
                .all();
    }

    /// Adds output of commands, in this order.
    Mono<Void> append(String sandbox, List<Line> lines) {
        return lines.isEmpty()
                ? Mono.empty()
                : sql("""
                        insert into sandbox_logs (sandbox_id, at, level, logger, message, fields)
                        select :sandbox, e.at, e.level, 'process', e.message, e.fields::jsonb
                        from unnest(:ats::timestamptz[], :levels::int[], :messages::text[], :fields::text[]) with
                            ordinality as e(at, level, message, fields, n)
                        order by e.n""")
                        .bind("sandbox", sandbox)
                        .bind(
                                "ats",
                                lines.stream()
                                        .map(each -> each.at.atOffset(java.time.ZoneOffset.UTC))
                                        .toArray(java.time.OffsetDateTime[]::new))
                        .bind("levels", lines.stream().map(Line::level).toArray(Integer[]::new))
                        .bind("messages", lines.stream().map(Line::message).toArray(String[]::new))
                        .bind(
                                "fields",
                                lines.stream()
                                        .map(each -> Json.text(each.fields()))
                                        .toArray(String[]::new))
                        .then();
    }

    /// Drops the oldest output of commands beyond what one sandbox may keep.
    Mono<Void> trim(String sandbox, int most) {
        return sql("""
                delete from sandbox_logs where sandbox_id = :sandbox and logger = 'process' and seq <= (
                    select seq from sandbox_logs where sandbox_id = :sandbox and logger = 'process'
                    order by seq desc offset :most limit 1)""").bind("sandbox", sandbox).bind("most", most).then();
    }

    private DatabaseClient.GenericExecuteSpec sql(String text) {
        return database.client().sql(text);
    }

    private static Line line(Readable row) {
        return new Line(
                Objects.requireNonNull(row.get("at", Instant.class)),
                Objects.requireNonNull(row.get("level", Integer.class)),
                Objects.requireNonNull(row.get("logger", String.class)),
                Objects.requireNonNull(row.get("message", String.class)),
                Json.strings(orEmpty(row.get("fields", String.class))));
    }

    private static String orEmpty(@Nullable String fields) {
        return fields == null ? "{}" : fields;
    }
}
