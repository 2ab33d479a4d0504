package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.http.Json;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Sandboxes in SQL. A state change and its events are one statement, and it names the version it saw, so that two
/// gateways never both win.
public final class SandboxStore {

    static final String COLUMNS = """
            s.id, s.team_id, s.template_id, s.template_alias, s.build_id, s.image, s.node_id, s.machine_id, s.state,
                s.version,
            s.lifecycle, s.created_at, s.started_at, s.end_at, s.cpu_count, s.memory_mb, s.disk_mb, s.envd_version,
                s.secure,
            s.metadata::text as metadata, s.env_vars::text as env_vars, s.network::text as network, s.allow_internet,
            s.auto_pause, s.auto_pause_memory, s.auto_resume, s.auto_resume_seconds, s.memory_kept""";

    /// States that count against a team's limit.
    private static final String ACTIVE = "('starting', 'running', 'resuming', 'pausing')";

    static final String PLACES =
            "select count(*)::int as n from sandboxes where team_id = :team and state in " + ACTIVE;

    /// Wraps an update of `sandboxes s`: writes its events with it and gives the changed row, or nothing.
    private static final String WITH_EVENTS = """
            with s as (%s returning *),
            logged as (
                insert into sandbox_logs (sandbox_id, at, level, logger, message, fields)
                select s.id, :now, e.level, 'lifecycle', e.name, e.fields::jsonb
                from s, unnest(:levels::int[], :names::text[], :fields::text[]) with ordinality as e(level, name,
                    fields, n) order by e.n)
            select %s from s""".formatted("%s", COLUMNS);

    private static final String MOVE =
            "update sandboxes set state = :state, version = version + 1 where id = :id and version = :version and ended_at is null";

    /// Whether the memory is to be kept is written before the machine is touched: who finds the row after a crash knows
    /// it.
    private static final String BEGIN_PAUSE = """
            update sandboxes set state = 'pausing', version = version + 1, memory_kept = :kept
            where id = :id and version = :version and ended_at is null""";

    private static final String RESTORE = """
            update sandboxes set state = 'running', version = version + 1, memory_kept = true
            where id = :id and version = :version and ended_at is null""";

    private static final String RUN = """
            update sandboxes set state = 'running', version = version + 1, machine_id = :machine, started_at = :now,
                end_at = :end,
                lifecycle = nextval('sandbox_lifecycles'), memory_kept = true
            where id = :id and version = :version and ended_at is null""";

    private static final String PAUSE = """
            update sandboxes set state = 'paused', version = version + 1, end_at = :now, memory_kept = :kept
            where id = :id and version = :version and ended_at is null""";

    private static final String END = """
            update sandboxes set state = 'gone', version = version + 1, ended_at = :now, end_at = least(end_at, :now)
            where id = :id and version = :version and ended_at is null""";

    private final Database database;

    public SandboxStore(Database database) {
        this.database = database;
    }

    /// The row, whoever's it is; rows of sandboxes that are gone too.
    Mono<Sandbox> find(String id) {
        return sql("select " + COLUMNS + " from sandboxes s where s.id = :id")
                .bind("id", id)
                .map(row -> sandbox(row))
                .one();
    }

    /// Reserves a team's place and writes the row, both or neither; fails with [Refusal] over the limit.
    Mono<Sandbox> insert(Sandbox fresh, Event event) {
        Mono<Sandbox> write = bindEvents(sql(WITH_EVENTS.formatted("""
                                insert into sandboxes as s (id, team_id, template_id, template_alias, build_id,
                                    image, node_id, state,
                                    created_at, started_at, end_at, cpu_count, memory_mb, disk_mb, envd_version,
                                        secure, metadata, env_vars,
                                    network, allow_internet, auto_pause, auto_pause_memory, auto_resume,
                                        auto_resume_seconds)
                                values (:id, :team, :template, :alias, :build, :image, :node, 'starting', :now, :now,
                                    :end, :cpu, :memory, :disk,
                                    :envd, :secure, :metadata::jsonb, :env::jsonb, :network::jsonb, :internet,
                                        :autoPause, :autoPauseMemory,
                                    :autoResume, :autoResumeSeconds)""")), fresh.createdAt(), List.of(event))
                .bind("id", fresh.id())
                .bind("team", fresh.team())
                .bind("template", fresh.templateId())
                .bind("alias", orNull(fresh.alias(), String.class))
                .bind("build", fresh.build())
                .bind("image", fresh.image())
                .bind("node", fresh.node())
                .bind("end", fresh.endAt())
                .bind("cpu", fresh.cpuCount())
                .bind("memory", fresh.memoryMb())
                .bind("disk", fresh.diskMb())
                .bind("envd", fresh.envdVersion())
                .bind("secure", fresh.secure())
                .bind("metadata", Json.text(fresh.metadata()))
                .bind("env", Json.text(fresh.envVars()))
                .bind("network", orNull(fresh.network(), String.class))
                .bind("internet", orNull(fresh.allowInternet(), Boolean.class))
                .bind("autoPause", fresh.policy().autoPause())
                .bind("autoPauseMemory", fresh.policy().autoPauseMemory())
                .bind("autoResume", fresh.policy().autoResume())
                .bind("autoResumeSeconds", fresh.policy().autoResumeSeconds())
                .map(row -> sandbox(row))
                .one();
        return database.transaction(place(fresh.team(), fresh.id()).then(write));
    }

    /// To a state in between; empty when somebody else changed the row first.
    Mono<Sandbox> move(Sandbox seen, SandboxState next) {
        return changing(MOVE, seen, Instant.EPOCH, List.of())
                .bind("state", next.sql())
                .map(row -> sandbox(row))
                .one();
    }

    /// The same for a state that takes a place of its team's limit; fails with [Refusal] when there is none.
    Mono<Sandbox> moveWithPlace(Sandbox seen, SandboxState next) {
        return database.transaction(place(seen.team(), seen.id()).then(move(seen, next)));
    }

    Mono<Sandbox> run(Sandbox seen, String machine, Instant now, Instant end, List<Event> events) {
        return changing(RUN, seen, now, events)
                .bind("machine", machine)
                .bind("end", end)
                .map(row -> sandbox(row))
                .one();
    }

    /// To `pausing`; empty when somebody else changed the row first.
    Mono<Sandbox> beginPause(Sandbox seen, boolean memory) {
        return changing(BEGIN_PAUSE, seen, Instant.EPOCH, List.of())
                .bind("kept", memory)
                .map(row -> sandbox(row))
                .one();
    }

    /// Back to running after a pause that failed.
    Mono<Sandbox> restore(Sandbox seen, Instant now, Event event) {
        return changing(RESTORE, seen, now, List.of(event))
                .map(row -> sandbox(row))
                .one();
    }

    Mono<Sandbox> pause(Sandbox seen, boolean memoryKept, Instant now, Event event) {
        return changing(PAUSE, seen, now, List.of(event))
                .bind("kept", memoryKept)
                .map(row -> sandbox(row))
                .one();
    }

    Mono<Sandbox> end(Sandbox seen, Instant now, List<Event> events) {
        return changing(END, seen, now, events).map(row -> sandbox(row)).one();
    }

    /// Moves the end of a running sandbox; empty when it does not run.
    Mono<Sandbox> setEnd(String id, Instant end) {
        return sql("update sandboxes s set end_at = :end where s.id = :id and s.state = 'running' returning " + COLUMNS)
                .bind("id", id)
                .bind("end", end)
                .map(row -> sandbox(row))
                .one();
    }

    /// The same, but never earlier.
    Mono<Sandbox> extendEnd(String id, Instant end) {
        return sql("update sandboxes s set end_at = greatest(s.end_at, :end) where s.id = :id and s.state = 'running' returning "
                        + COLUMNS)
                .bind("id", id)
                .bind("end", end)
                .map(row -> sandbox(row))
                .one();
    }

    Mono<Sandbox> setNetwork(String id, @Nullable String network, @Nullable Boolean allowInternet) {
        return sql("update sandboxes s set network = :network::jsonb, allow_internet = :internet where "
                        + "s.id = :id and s.state = 'running' returning "
                        + COLUMNS)
                .bind("id", id)
                .bind("network", orNull(network, String.class))
                .bind("internet", orNull(allowInternet, Boolean.class))
                .map(row -> sandbox(row))
                .one();
    }

    Mono<Void> setAutoPause(String id, boolean autoPause) {
        return sql("update sandboxes set auto_pause = :autoPause where id = :id and ended_at is null")
                .bind("id", id)
                .bind("autoPause", autoPause)
                .then();
    }

    /// Everything that lives on a node.
    Flux<Sandbox> onNode(String node) {
        return sql("select " + COLUMNS + " from sandboxes s where s.node_id = :node and s.ended_at is null")
                .bind("node", node)
                .map(row -> sandbox(row))
                .all();
    }

    /// Everything of a team that lives.
    Flux<Sandbox> ofTeam(UUID team) {
        return sql("select " + COLUMNS + " from sandboxes s where s.team_id = :team and s.ended_at is null")
                .bind("team", team)
                .map(row -> sandbox(row))
                .all();
    }

    /// Running sandboxes of each team.
    Flux<TeamCount> runningCounts() {
        return sql("select team_id, count(*)::int as n from sandboxes where state = 'running' group by team_id")
                .map(row -> new TeamCount(
                        Objects.requireNonNull(row.get("team_id", UUID.class)),
                        Objects.requireNonNull(row.get("n", Integer.class))))
                .all();
    }

    /// Forgets sandboxes that ended long ago, with their logs and metrics; how many.
    Mono<Long> forget(Instant endedBefore, int most) {
        return sql("delete from sandboxes where id in (select id from sandboxes where ended_at < :before order by ended_at limit :most)")
                .bind("before", endedBefore)
                .bind("most", most)
                .fetch()
                .rowsUpdated();
    }

    /// The team's row is locked until the transaction ends: of two that take the last place one waits and loses.
    private Mono<Void> place(UUID team, String id) {
        return sql("select concurrency_max from teams where id = :team for update")
                .bind("team", team)
                .map(row -> number(row, "concurrency_max"))
                .one()
                .zipWhen(most -> sql(PLACES)
                        .bind("team", team)
                        .map(row -> number(row, "n"))
                        .one())
                .flatMap(found -> found.getT2() < found.getT1()
                        ? Mono.empty()
                        : Mono.error(new Refusal(Refusal.Kind.OVER_LIMIT, id, String.valueOf(found.getT1()))));
    }

    private DatabaseClient.GenericExecuteSpec changing(String update, Sandbox seen, Instant now, List<Event> events) {
        return bindEvents(sql(WITH_EVENTS.formatted(update)), now, events)
                .bind("id", seen.id())
                .bind("version", seen.version());
    }

    private static DatabaseClient.GenericExecuteSpec bindEvents(
            DatabaseClient.GenericExecuteSpec spec, Instant now, List<Event> events) {
        return spec.bind("now", now)
                .bind("levels", events.stream().map(Event::level).toArray(Integer[]::new))
                .bind("names", events.stream().map(Event::name).toArray(String[]::new))
                .bind(
                        "fields",
                        events.stream().map(each -> Json.text(each.fields())).toArray(String[]::new));
    }

    private DatabaseClient.GenericExecuteSpec sql(String text) {
        return database.client().sql(text);
    }

    private static Object orNull(@Nullable Object value, Class<?> type) {
        return value == null ? io.r2dbc.spi.Parameters.in(type) : value;
    }

    static Sandbox sandbox(Readable row) {
        return new Sandbox(
                text(row, "id"),
                Objects.requireNonNull(row.get("team_id", UUID.class)),
                text(row, "template_id"),
                row.get("template_alias", String.class),
                Objects.requireNonNull(row.get("build_id", UUID.class)),
                text(row, "image"),
                text(row, "node_id"),
                row.get("machine_id", String.class),
                SandboxState.of(text(row, "state")),
                Objects.requireNonNull(row.get("version", Long.class)),
                Objects.requireNonNull(row.get("lifecycle", Long.class)),
                instant(row, "created_at"),
                instant(row, "started_at"),
                instant(row, "end_at"),
                number(row, "cpu_count"),
                number(row, "memory_mb"),
                number(row, "disk_mb"),
                text(row, "envd_version"),
                flag(row, "secure"),
                Json.strings(text(row, "metadata")),
                Json.strings(text(row, "env_vars")),
                row.get("network", String.class),
                row.get("allow_internet", Boolean.class),
                new Sandbox.Policy(
                        flag(row, "auto_pause"),
                        flag(row, "auto_pause_memory"),
                        flag(row, "auto_resume"),
                        number(row, "auto_resume_seconds")),
                flag(row, "memory_kept"));
    }

    private static String text(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, String.class));
    }

    private static int number(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Integer.class));
    }

    private static boolean flag(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Boolean.class));
    }

    private static Instant instant(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Instant.class));
    }

    /// How many of a team's sandboxes run.
    record TeamCount(UUID team, int count) {}
}
