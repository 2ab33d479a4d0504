package ai.lelantos.gateway.auth;

import ai.lelantos.gateway.db.Database;
import io.r2dbc.spi.Readable;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Teams, users, keys and tokens in SQL.
public final class AuthStore {

    private static final String TEAM =
            "t.id, t.slug, t.name, t.concurrency_max, t.timeout_seconds_max, t.cpu_max, t.memory_mb_max, t.banned, t.blocked_reason";
    private static final String KEY =
            "k.id, k.name, k.mask_length, k.mask_head, k.mask_tail, k.created_by, u.email, k.created_at, k.last_used";

    private final Database database;

    public AuthStore(Database database) {
        this.database = database;
    }

    Mono<KeyOwner> keyOwner(byte[] hash) {
        return sql("select k.id as key_id, " + TEAM
                        + " from api_keys k join teams t on t.id = k.team_id where k.hash = :hash")
                .bind("hash", hash)
                .map(row -> new KeyOwner(uuid(row, "key_id"), team(row)))
                .one();
    }

    Mono<UUID> tokenOwner(byte[] hash) {
        return sql("select user_id from access_tokens where hash = :hash")
                .bind("hash", hash)
                .map(row -> uuid(row, "user_id"))
                .one();
    }

    Mono<Team> team(UUID id) {
        return sql("select " + TEAM + " from teams t where t.id = :id")
                .bind("id", id)
                .map(row -> team(row))
                .one();
    }

    Flux<TeamOfUser> teamsOf(UUID user) {
        return sql("select ut.is_default, " + TEAM
                        + " from user_teams ut join teams t on t.id = ut.team_id where ut.user_id = :user order "
                        + "by ut.is_default desc, t.created_at")
                .bind("user", user)
                .map(row -> new TeamOfUser(team(row), Boolean.TRUE.equals(row.get("is_default", Boolean.class))))
                .all();
    }

    /// Keeps that a key was used, to the minute.
    Mono<Void> touch(UUID key, Instant now) {
        return sql("update api_keys set last_used = :now where id = :id and (last_used is null or last_used < :before)")
                .bind("now", now)
                .bind("before", now.minusSeconds(60))
                .bind("id", key)
                .then();
    }

    Flux<ApiKey> keys(UUID team) {
        return sql("select " + KEY
                        + " from api_keys k left join users u on u.id = k.created_by where k.team_id = :team order by k.created_at, k.id")
                .bind("team", team)
                .map(row -> key(row))
                .all();
    }

    Mono<ApiKey> insertKey(UUID id, UUID team, String name, String body, @Nullable UUID user, Instant now) {
        var insert = sql("""
                        with k as (
                            insert into api_keys (id, team_id, name, hash, mask_length, mask_head, mask_tail,
                                created_by, created_at)
                            values (:id, :team, :name, :hash, :length, :head, :tail, :user, :now)
                            returning *
                        )
                        select %s from k left join users u on u.id = k.created_by""".formatted(KEY))
                .bind("id", id)
                .bind("team", team)
                .bind("name", name)
                .bind("hash", KeyFormat.hash(body))
                .bind("length", body.length())
                .bind("head", body.substring(0, Math.min(2, body.length())))
                .bind("tail", body.substring(Math.max(0, body.length() - 4)))
                .bind("now", now);
        return (user == null ? insert.bindNull("user", UUID.class) : insert.bind("user", user))
                .map(row -> key(row))
                .one();
    }

    Mono<Long> renameKey(UUID team, UUID id, String name) {
        return sql("update api_keys set name = :name where id = :id and team_id = :team")
                .bind("name", name)
                .bind("id", id)
                .bind("team", team)
                .fetch()
                .rowsUpdated();
    }

    /// The hash of the key that is gone, for whoever cached it; empty when there was none.
    Mono<byte[]> deleteKey(UUID team, UUID id) {
        return sql("delete from api_keys where id = :id and team_id = :team returning hash")
                .bind("id", id)
                .bind("team", team)
                .map(row -> Objects.requireNonNull(row.get("hash", byte[].class)))
                .one();
    }

    Mono<Void> insertToken(UUID id, UUID user, String name, String body, Instant now) {
        return sql("insert into access_tokens (id, user_id, name, hash, mask_length, mask_head, "
                        + "mask_tail, created_at) values (:id, :user, :name, :hash, :length, :head, :tail, :now) "
                        + "on conflict (hash) do nothing")
                .bind("id", id)
                .bind("user", user)
                .bind("name", name)
                .bind("hash", KeyFormat.hash(body))
                .bind("length", body.length())
                .bind("head", body.substring(0, Math.min(2, body.length())))
                .bind("tail", body.substring(Math.max(0, body.length() - 4)))
                .bind("now", now)
                .then();
    }

    Mono<byte[]> deleteToken(UUID user, UUID id) {
        return sql("delete from access_tokens where id = :id and user_id = :user returning hash")
                .bind("id", id)
                .bind("user", user)
                .map(row -> Objects.requireNonNull(row.get("hash", byte[].class)))
                .one();
    }

    // ---- the first team

    /// The team that was here first.
    Mono<Team> oldestTeam() {
        return sql("select " + TEAM + " from teams t order by t.created_at, t.id limit 1")
                .map(row -> team(row))
                .one();
    }

    Mono<UUID> oldestUser() {
        return sql("select id from users order by created_at, id limit 1")
                .map(row -> uuid(row, "id"))
                .one();
    }

    Mono<Void> ensureTeam(UUID id, String slug, String name, int concurrencyMax) {
        return sql("""
                        insert into teams (id, slug, name, concurrency_max, timeout_seconds_max, builds_max, cpu_max,
                            memory_mb_max)
                        values (:id, case when exists (select from teams where slug = :slug and id <> :id) then :slug
                            || '-' || left(:id::text, 8) else :slug end,
                            :name, :concurrency, 86400, 20, 8, 8192)
                        on conflict (id) do update set concurrency_max = excluded.concurrency_max""")
                .bind("id", id)
                .bind("slug", slug)
                .bind("name", name)
                .bind("concurrency", concurrencyMax)
                .then();
    }

    Mono<Void> ensureUser(UUID id, UUID team) {
        return sql("insert into users (id) values (:id) on conflict do nothing")
                .bind("id", id)
                .then()
                .then(
                        sql("insert into user_teams (user_id, team_id, is_default) values (:id, :team, true) on conflict do nothing")
                                .bind("id", id)
                                .bind("team", team)
                                .then());
    }

    private DatabaseClient.GenericExecuteSpec sql(String text) {
        return database.client().sql(text);
    }

    private static Team team(Readable row) {
        return new Team(
                uuid(row, "id"),
                text(row, "slug"),
                text(row, "name"),
                number(row, "concurrency_max"),
                Duration.ofSeconds(number(row, "timeout_seconds_max")),
                number(row, "cpu_max"),
                number(row, "memory_mb_max"),
                Boolean.TRUE.equals(row.get("banned", Boolean.class)),
                row.get("blocked_reason", String.class));
    }

    private static ApiKey key(Readable row) {
        return new ApiKey(
                uuid(row, "id"),
                text(row, "name"),
                number(row, "mask_length"),
                text(row, "mask_head"),
                text(row, "mask_tail"),
                row.get("created_by", UUID.class),
                row.get("email", String.class),
                Objects.requireNonNull(row.get("created_at", Instant.class)),
                row.get("last_used", Instant.class));
    }

    private static UUID uuid(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, UUID.class));
    }

    private static String text(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, String.class));
    }

    private static int number(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Integer.class));
    }

    /// A key's id and the team it opens.
    record KeyOwner(UUID key, Team team) {}

    /// One team of a user.
    record TeamOfUser(Team team, boolean isDefault) {}

    /// For callers that need them in order.
    Mono<List<TeamOfUser>> teamList(UUID user) {
        return teamsOf(user).collectList();
    }
}
