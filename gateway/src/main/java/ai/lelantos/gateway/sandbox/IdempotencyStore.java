package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.db.Database;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Mono;

/// First answers in SQL, by team and the client's own key.
final class IdempotencyStore {

    /// How long a first answer is given again.
    private static final Duration KEPT = Duration.ofHours(24);

    /// After this long an attempt without an answer counts as died with its gateway, and the key is free.
    private static final Duration ATTEMPT_MAX = Duration.ofMinutes(3);

    private final Database database;

    IdempotencyStore(Database database) {
        this.database = database;
    }

    /// What is known of a key.
    ///
    /// @param request method and path it was first used for
    /// @param status of the first answer, null while it is being made
    record First(String request, @Nullable Integer status, String body) {}

    /// Takes the key for an attempt; true for exactly one of those who ask at the same time.
    Mono<Boolean> begin(UUID team, String key, String request, Instant now) {
        return sql("delete from idempotency_keys where created_at < :old")
                .bind("old", now.minus(KEPT))
                .then()
                .then(sql("""
                        insert into idempotency_keys as k (team_id, key, request, created_at)
                        values (:team, :key, :request, :now)
                        on conflict (team_id, key) do update set request = excluded.request, created_at = excluded.created_at
                            where k.status is null and k.created_at < :died""")
                        .bind("team", team)
                        .bind("key", key)
                        .bind("request", request)
                        .bind("now", now)
                        .bind("died", now.minus(ATTEMPT_MAX))
                        .fetch()
                        .rowsUpdated())
                .map(rows -> rows == 1);
    }

    Mono<First> find(UUID team, String key) {
        return sql("select request, status, body from idempotency_keys where team_id = :team and key = :key")
                .bind("team", team)
                .bind("key", key)
                .map((Readable row) -> new First(
                        Objects.requireNonNull(row.get("request", String.class)),
                        row.get("status", Integer.class),
                        Objects.requireNonNullElse(row.get("body", String.class), "")))
                .one();
    }

    Mono<Void> answered(UUID team, String key, int status, String body) {
        return sql("update idempotency_keys set status = :status, body = :body where team_id = :team and key = :key")
                .bind("team", team)
                .bind("key", key)
                .bind("status", status)
                .bind("body", body)
                .then();
    }

    /// An attempt that came to nothing may be made again.
    Mono<Void> failed(UUID team, String key) {
        return sql("delete from idempotency_keys where team_id = :team and key = :key and status is null")
                .bind("team", team)
                .bind("key", key)
                .then();
    }

    private DatabaseClient.GenericExecuteSpec sql(String text) {
        return database.client().sql(text);
    }
}
