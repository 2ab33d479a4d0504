package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.http.Json;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

    /// Before a change that takes one of its team's places: nothing is changed when there is none.
    private static final String PLACE = "place as materialized (select team_refuses(:team) as refused),";

    /// Wraps an update of `sandboxes`: writes its events with it and gives the changed row, or nothing.
    private static final String WITH_EVENTS = """
            with %s s as (%s returning sandboxes.*),
            logged as (
                insert into sandbox_logs (sandbox_id, at, level, logger, message, fields)
                select s.id, :now, e.level, 'lifecycle', e.name, e.fields::jsonb
                from s, unnest(:levels::int[], :names::text[], :fields::text[]) with ordinality as e(level, name,
                    fields, n) order by e.n)
            select %s""";

    private static final String INSERT = """
            insert into sandboxes (id, team_id, template_id, template_alias, build_id, image, node_id, state,
                created_at, started_at, end_at, cpu_count, memory_mb, disk_mb, envd_version, secure, metadata,
                env_vars, network, allow_internet, auto_pause, auto_pause_memory, auto_resume, auto_resume_seconds)
            select :id, :team, :template, :alias, :build, :image, :node, 'starting', :now, :now, :end, :cpu, :memory,
                :disk, :envd, :secure, :metadata::jsonb, :env::jsonb, :network::jsonb, :internet, :autoPause,
                :autoPauseMemory, :autoResume, :autoResumeSeconds
            from place where place.refused is null""";

    /// Its commit does not wait for the disk: nobody is told of a state in between, and the write that is told comes
    /// behind this one in the log.
    private static final String MOVE = """
            update sandboxes set state = :state, version = version + 1
            where id = :id and version = :version and ended_at is null
                and set_config('synchronous_commit', 'off', true) is not null""";

    private static final String MOVE_WITH_PLACE = """
            update sandboxes set state = :state, version = version + 1 from place
            where place.refused is null and id = :id and version = :version and ended_at is null""";

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

    /// Takes one of the team's places and writes the row, both or neither; fails with [Refusal] over the limit.
    Mono<Sandbox> insert(Sandbox fresh, Event event) {
        return placed(
                bindEvents(sql(withPlace(INSERT)), fresh.createdAt(), List.of(event))
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
                        .bind("autoResumeSeconds", fresh.policy().autoResumeSeconds()),
                fresh.id());
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
        return placed(
                bindEvents(sql(withPlace(MOVE_WITH_PLACE)), Instant.EPOCH, List.of())
                        .bind("id", seen.id())
                        .bind("version", seen.version())
                        .bind("team", seen.team())
                        .bind("state", next.sql()),
                seen.id());
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

    private DatabaseClient.GenericExecuteSpec changing(String update, Sandbox seen, Instant now, List<Event> events) {
        return bindEvents(sql(WITH_EVENTS.formatted("", update, COLUMNS + " from s")), now, events)
                .bind("id", seen.id())
                .bind("version", seen.version());
    }

    private static String withPlace(String change) {
        return WITH_EVENTS.formatted(PLACE, change, "place.refused, " + COLUMNS + " from place left join s on true");
    }

    /// The changed row, nothing when none was changed, or [Refusal] with how many its team may run.
    private static Mono<Sandbox> placed(DatabaseClient.GenericExecuteSpec change, String id) {
        return change.map(row -> new Placed(
                        row.get("refused", Integer.class),
                        row.get("id", String.class) == null ? Optional.empty() : Optional.of(sandbox(row))))
                .one()
                .flatMap(found -> found.refused == null
                        ? Mono.justOrEmpty(found.sandbox)
                        : Mono.error(new Refusal(Refusal.Kind.OVER_LIMIT, id, found.refused.toString())));
    }

    /// @param refused how many the team may run when it runs as many, else null
    private record Placed(@Nullable Integer refused, Optional<Sandbox> sandbox) {}

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
