package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.runtime.Usage;
import ai.lelantos.gateway.template.Templates;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Measures every running sandbox and every team that has some, counts starts, and forgets what is too old.
final class MetricsLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(MetricsLoop.class);

    private static final int AT_ONCE_MAX = 32;
    private static final Duration FORGET_EVERY = Duration.ofMinutes(10);
    private static final Duration USAGE_MAX = Duration.ofSeconds(2);
    private static final int FORGET_MOST = 10_000;
    /// The least a living sandbox uses: the contract wants no zero, and none truly uses nothing.
    private static final double CPU_PCT_MIN = 0.01;
    /// A root folder takes a block before anything is written to it.
    private static final long DISK_BYTES_MIN = 4_096;

    private final MetricStore store;
    private final SandboxStore sandboxes;
    private final LiveSandboxes live;
    private final StartCounter starts;
    private final Templates templates;
    private final SandboxSettings settings;
    private final Clock clock;
    private final Map<String, Seen> last = new ConcurrentHashMap<>();
    private final Map<UUID, Boolean> busy = new HashMap<>();
    private final Disposable running;

    /// CPU time at a moment.
    private record Seen(long lifecycle, long nanos, long cpuNanos) {}

    MetricsLoop(
            MetricStore store,
            SandboxStore sandboxes,
            LiveSandboxes live,
            StartCounter starts,
            Templates templates,
            SandboxSettings settings,
            Clock clock) {
        this.store = store;
        this.sandboxes = sandboxes;
        this.live = live;
        this.starts = starts;
        this.templates = templates;
        this.settings = settings;
        this.clock = clock;
        Flux<?> measuring = Flux.interval(settings.metricsEvery())
                .onBackpressureDrop()
                .concatMap(
                        tick -> measure().onErrorResume(failure -> {
                            log.atWarn().setCause(failure).log("measuring failed, again at the next tick");
                            return Mono.empty();
                        }),
                        1);
        Flux<?> forgetting = Flux.interval(FORGET_EVERY)
                .onBackpressureDrop()
                .concatMap(
                        tick -> forget().onErrorResume(failure -> {
                            log.atWarn().setCause(failure).log("forgetting failed, again at the next tick");
                            return Mono.empty();
                        }),
                        1);
        this.running = Flux.merge(measuring, forgetting).subscribe();
    }

    private Mono<Void> measure() {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        last.keySet().removeIf(id -> live.find(id) == null);
        return Flux.fromIterable(live.all())
                .flatMap(
                        entry -> entry.machine()
                                .usage()
                                .timeout(USAGE_MAX)
                                .map(usage -> sample(entry, usage, now))
                                .onErrorResume(failure -> {
                                    log.atDebug()
                                            .addKeyValue("sandbox", entry.row().id())
                                            .setCause(failure)
                                            .log("no usage");
                                    return Mono.empty();
                                }),
                        AT_ONCE_MAX)
                .collectList()
                .flatMap(store::insert)
                .then(teams(now))
                .then(Mono.defer(() -> Flux.fromIterable(starts.takeTemplates().entrySet())
                        .concatMap(each -> templates.spawned(each.getKey(), each.getValue()))
                        .then()));
    }

    private Mono<Void> teams(Instant now) {
        return Mono.defer(() -> {
            Map<UUID, Integer> started = starts.takeTeams();
            Map<UUID, Integer> counts = new HashMap<>();
            live.all().forEach(entry -> counts.merge(entry.row().team(), 1, Integer::sum));
            // One sample of zero after the last sandbox, so that a chart comes down.
            busy.keySet().forEach(team -> counts.putIfAbsent(team, 0));
            started.keySet().forEach(team -> counts.putIfAbsent(team, 0));
            busy.clear();
            double seconds = settings.metricsEvery().toMillis() / 1000.0;
            return Flux.fromIterable(counts.entrySet())
                    .concatMap(each -> {
                        if (each.getValue() > 0) {
                            busy.put(each.getKey(), true);
                        }
                        double rate = started.getOrDefault(each.getKey(), 0) / seconds;
                        return store.insertTeam(each.getKey(), new MetricStore.TeamSample(now, each.getValue(), rate));
                    })
                    .then();
        });
    }

    private MetricStore.Sample sample(LiveSandboxes.Entry entry, Usage usage, Instant now) {
        long nanos = System.nanoTime();
        Seen before = last.put(entry.row().id(), new Seen(entry.row().lifecycle(), nanos, usage.cpuNanos()));
        double pct = 0;
        if (before != null && before.lifecycle == entry.row().lifecycle() && nanos > before.nanos) {
            pct = 100.0 * (usage.cpuNanos() - before.cpuNanos) / (nanos - before.nanos) / usage.cpuCount();
        }
        double rounded = Math.round(Math.min(100, Math.max(CPU_PCT_MIN, pct)) * 100) / 100.0;
        return new MetricStore.Sample(
                entry.row().id(),
                now,
                usage.cpuCount(),
                rounded,
                usage.memoryUsed(),
                usage.memoryTotal(),
                usage.memoryCache(),
                Math.max(DISK_BYTES_MIN, usage.diskUsed()),
                usage.diskTotal());
    }

    private Mono<Void> forget() {
        Instant before = clock.instant().minus(settings.retention());
        return store.forget(before).then(sandboxes.forget(before, FORGET_MOST)).then();
    }

    @Override
    public void close() {
        running.dispose();
    }
}
