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

/// Pages of sandboxes. Only what was asked for is in the statement, so that each kind of question has its own plan
/// (docs/store.md).
public final class ListStore {

    private final Database database;

    public ListStore(Database database) {
        this.database = database;
    }

    /// What to list.
    ///
    /// @param states states of rows, those in between included; ours, written into the statement
    record Filter(
            UUID team,
            List<String> states,
            Map<String, String> metadata,
            @Nullable String template,
            @Nullable Instant startedAfter) {}

    Flux<Sandbox> page(Filter filter, boolean ascending, @Nullable Instant at, String id, int limit) {
        DatabaseClient.GenericExecuteSpec spec =
                bound(pageSql(filter, ascending, at != null), filter).bind("limit", limit);
        return (at == null ? spec : spec.bind("at", at).bind("id", id))
                .map(row -> SandboxStore.sandbox(row))
                .all();
    }

    Mono<Long> count(Filter filter) {
        return bound(countSql(filter), filter)
                .map(row -> Objects.requireNonNull(row.get("n", Long.class)))
                .one();
    }

    /// @param from whether the page begins behind a row, `:at` and `:id`
    static String pageSql(Filter filter, boolean ascending, boolean from) {
        String after = ascending
                ? " and s.started_at >= :at and (s.started_at > :at or s.id < :id)"
                : " and s.started_at <= :at and (s.started_at < :at or s.id > :id)";
        return "select " + SandboxStore.COLUMNS + matching(filter) + (from ? after : "")
                + (ascending ? " order by s.started_at, s.id desc" : " order by s.started_at desc, s.id")
                + " limit :limit";
    }

    static String countSql(Filter filter) {
        return "select count(*) as n" + matching(filter);
    }

    private static String matching(Filter filter) {
        return " from sandboxes s where s.team_id = :team and s.ended_at is null and s.state in ('"
                + String.join("', '", filter.states) + "')"
                + (filter.metadata.isEmpty() ? "" : " and s.metadata @> :metadata::jsonb")
                + (filter.template == null ? "" : " and s.template_id = :template")
                + (filter.startedAfter == null ? "" : " and s.started_at >= :after");
    }

    private DatabaseClient.GenericExecuteSpec bound(String sql, Filter filter) {
        DatabaseClient.GenericExecuteSpec spec = database.client().sql(sql).bind("team", filter.team);
        if (!filter.metadata.isEmpty()) {
            spec = spec.bind("metadata", Json.text(filter.metadata));
        }
        if (filter.template != null) {
            spec = spec.bind("template", filter.template);
        }
        return filter.startedAfter == null ? spec : spec.bind("after", filter.startedAfter);
    }
}
