package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.db.Database;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Samples of sandboxes and teams in SQL.
public final class MetricStore {

    private static final String SAMPLE =
            "m.sandbox_id, m.at, m.cpu_count, m.cpu_used_pct, m.mem_used, m.mem_total, m.mem_cache, m.disk_used, m.disk_total";

    private final Database database;

    public MetricStore(Database database) {
        this.database = database;
    }

    /// One look at a sandbox.
    record Sample(
            String sandbox,
            Instant at,
            int cpuCount,
            double cpuUsedPct,
            long memUsed,
            long memTotal,
            long memCache,
            long diskUsed,
            long diskTotal) {}

    /// One look at a team.
    record TeamSample(Instant at, int concurrent, double startRate) {}

    Mono<Void> insert(List<Sample> samples) {
        return samples.isEmpty()
                ? Mono.empty()
                : sql("""
                        insert into sandbox_metrics
                        select e.* from unnest(:ids::text[], :ats::timestamptz[], :cpus::int[], :pcts::float8[],
                            :used::int8[], :total::int8[],
                            :cache::int8[], :diskUsed::int8[], :diskTotal::int8[]) as e(id, at, cpu, pct, used,
                                total, cache, disk_used, disk_total)
                        where exists (select from sandboxes s where s.id = e.id) on conflict do nothing""")
                        .bind("ids", samples.stream().map(Sample::sandbox).toArray(String[]::new))
                        .bind(
                                "ats",
                                samples.stream()
                                        .map(each -> each.at.atOffset(ZoneOffset.UTC))
                                        .toArray(OffsetDateTime[]::new))
                        .bind("cpus", samples.stream().map(Sample::cpuCount).toArray(Integer[]::new))
                        .bind("pcts", samples.stream().map(Sample::cpuUsedPct).toArray(Double[]::new))
                        .bind("used", samples.stream().map(Sample::memUsed).toArray(Long[]::new))
                        .bind("total", samples.stream().map(Sample::memTotal).toArray(Long[]::new))
                        .bind("cache", samples.stream().map(Sample::memCache).toArray(Long[]::new))
                        .bind("diskUsed", samples.stream().map(Sample::diskUsed).toArray(Long[]::new))
                        .bind(
                                "diskTotal",
                                samples.stream().map(Sample::diskTotal).toArray(Long[]::new))
                        .then();
    }

    /// One sample of each step, oldest first.
    Flux<Sample> history(String sandbox, UUID team, Instant from, Instant to, int stepSeconds) {
        return sql("select distinct on (floor(extract(epoch from m.at) / :step)) " + SAMPLE + """
                         from sandbox_metrics m join sandboxes s on s.id = m.sandbox_id
                        where m.sandbox_id = :sandbox and s.team_id = :team and m.at >= :from and m.at <= :to
                        order by floor(extract(epoch from m.at) / :step), m.at""")
                .bind("sandbox", sandbox)
                .bind("team", team)
                .bind("from", from)
                .bind("to", to)
                .bind("step", stepSeconds)
                .map(row -> sample(row))
                .all();
    }

    Flux<Sample> latest(List<String> sandboxes, UUID team) {
        return sql("select " + SAMPLE + """
                         from sandboxes s cross join lateral (
                            select * from sandbox_metrics where sandbox_id = s.id order by at desc limit 1) m
                        where s.id = any(:ids) and s.team_id = :team""")
                .bind("ids", sandboxes.toArray(String[]::new))
                .bind("team", team)
                .map(row -> sample(row))
                .all();
    }

    Mono<Void> insertTeam(UUID team, TeamSample sample) {
        return sql("insert into team_metrics (team_id, at, concurrent, start_rate) values (:team, :at, "
                        + ":concurrent, :rate) on conflict do nothing")
                .bind("team", team)
                .bind("at", sample.at())
                .bind("concurrent", sample.concurrent())
                .bind("rate", sample.startRate())
                .then();
    }

    Flux<TeamSample> team(UUID team, Instant from, Instant to, int limit) {
        return sql("select at, concurrent, start_rate from team_metrics where team_id = :team and at >= "
                        + ":from and at <= :to order by at limit :limit")
                .bind("team", team)
                .bind("from", from)
                .bind("to", to)
                .bind("limit", limit)
                .map(row -> teamSample(row))
                .all();
    }

    Mono<TeamSample> teamMax(UUID team, boolean rate, Instant from, Instant to) {
        return sql("select at, concurrent, start_rate from team_metrics where team_id = :team and at >= :from and at <= :to order by "
                        + (rate ? "start_rate" : "concurrent") + " desc, at limit 1")
                .bind("team", team)
                .bind("from", from)
                .bind("to", to)
                .map(row -> teamSample(row))
                .one();
    }

    /// Drops what is older than may be kept.
    Mono<Void> forget(Instant before) {
        return sql("delete from sandbox_metrics where at < :before")
                .bind("before", before)
                .then()
                .then(sql("delete from team_metrics where at < :before")
                        .bind("before", before)
                        .then());
    }

    private DatabaseClient.GenericExecuteSpec sql(String text) {
        return database.client().sql(text);
    }

    private static TeamSample teamSample(Readable row) {
        return new TeamSample(
                Objects.requireNonNull(row.get("at", Instant.class)),
                Objects.requireNonNull(row.get("concurrent", Integer.class)),
                Objects.requireNonNull(row.get("start_rate", Double.class)));
    }

    private static Sample sample(Readable row) {
        return new Sample(
                Objects.requireNonNull(row.get("sandbox_id", String.class)),
                Objects.requireNonNull(row.get("at", Instant.class)),
                Objects.requireNonNull(row.get("cpu_count", Integer.class)),
                Objects.requireNonNull(row.get("cpu_used_pct", Double.class)),
                number(row, "mem_used"),
                number(row, "mem_total"),
                number(row, "mem_cache"),
                number(row, "disk_used"),
                number(row, "disk_total"));
    }

    private static long number(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Long.class));
    }
}
