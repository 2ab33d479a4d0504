package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.http.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Pages of sandboxes: ranges of one index, whatever was asked.
public final class ListStore {

    private static final String MATCHING = """
            from sandboxes s where s.team_id = :team and s.ended_at is null and s.state = any(:states)
                and (:metadata::jsonb is null or s.metadata @> :metadata::jsonb)
                and (:template::text is null or s.template_id = :template)
                and (:after::timestamptz is null or s.started_at >= :after)
            """;

    private static final String DESCENDING = """
            and (:at::timestamptz is null or s.started_at < :at or (s.started_at = :at and s.id > :id))
            order by s.started_at desc, s.id limit :limit""";

    private static final String ASCENDING = """
            and (:at::timestamptz is null or s.started_at > :at or (s.started_at = :at and s.id < :id))
            order by s.started_at, s.id desc limit :limit""";

    private final Database database;

    public ListStore(Database database) {
        this.database = database;
    }

    /// What to list.
    ///
    /// @param states states of rows, those in between included
    record Filter(
            UUID team,
            List<String> states,
            Map<String, String> metadata,
            @Nullable String template,
            @Nullable Instant startedAfter) {}

    Flux<Sandbox> page(Filter filter, boolean ascending, @Nullable Instant at, String id, int limit) {
        return bound("select " + SandboxStore.COLUMNS + " " + MATCHING + (ascending ? ASCENDING : DESCENDING), filter)
                .bind("at", orNull(at, Instant.class))
                .bind("id", id)
                .bind("limit", limit)
                .map(row -> SandboxStore.sandbox(row))
                .all();
    }

    Mono<Long> count(Filter filter) {
        return bound("select count(*) as n " + MATCHING, filter)
                .map(row -> Objects.requireNonNull(row.get("n", Long.class)))
                .one();
    }

    private DatabaseClient.GenericExecuteSpec bound(String sql, Filter filter) {
        return database.client()
                .sql(sql)
                .bind("team", filter.team)
                .bind("states", filter.states.toArray(String[]::new))
                .bind("metadata", orNull(filter.metadata.isEmpty() ? null : Json.text(filter.metadata), String.class))
                .bind("template", orNull(filter.template, String.class))
                .bind("after", orNull(filter.startedAfter, Instant.class));
    }

    private static Object orNull(@Nullable Object value, Class<?> type) {
        return value == null ? io.r2dbc.spi.Parameters.in(type) : value;
    }
}
