package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Query;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.function.BiFunction;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// Logs and metrics over HTTP.
final class ObserveRoutes {

    private static final int LINES_USUAL = 1_000;
    private static final int LINES_MAX = 10_000;
    private static final int SEARCH_CHARS_MAX = 256;
    private static final int IDS_MAX = 100;
    private static final int TEAM_SAMPLES_MAX = 10_000;
    /// Below it `start` is an offset for clients other than E2B's, from it on milliseconds since 1970.
    private static final long OFFSET_MAX = 10_000_000_000L;
    private static final Duration WINDOW_MAX = Duration.ofDays(7);
    private static final Duration FUTURE_MAX = Duration.ofMinutes(5);
    private static final long SECONDS_MAX = 1L << 40;

    private final LogStore logs;
    private final MetricStore metrics;
    private final Doorkeeper door;
    private final Clock clock;

    ObserveRoutes(LogStore logs, MetricStore metrics, Doorkeeper door, Clock clock) {
        this.logs = logs;
        this.metrics = metrics;
        this.door = door;
        this.clock = clock;
    }

    RouterFunction<ServerResponse> routes() {
        return route().GET("/sandboxes/metrics", team(this::latest))
                .GET("/sandboxes/{id}/metrics", team(this::history))
                .GET("/sandboxes/{id}/logs", team(this::logs))
                .GET("/v2/sandboxes/{id}/logs", team(this::window))
                .GET("/teams/{team}/metrics", team(this::teamHistory))
                .GET("/teams/{team}/metrics/max", team(this::teamMax))
                .build();
    }

    private HandlerFunction<ServerResponse> team(BiFunction<ServerRequest, Caller, Mono<ServerResponse>> handler) {
        return Guarded.by(headers -> door.team(headers, Access.READ), handler);
    }

    private Mono<ServerResponse> logs(ServerRequest request, Caller caller) {
        Query query = Query.of(request);
        boolean e2b = Clients.ofE2b(request.headers().asHttpHeaders());
        long start = query.integer("start", 0, Long.MAX_VALUE / 2).orElse(0);
        int limit = (int)
                Math.min(LINES_MAX, query.integer("limit", 0, Integer.MAX_VALUE).orElse(LINES_USUAL));
        boolean offset = !e2b && start < OFFSET_MAX;
        Instant since = offset ? Instant.EPOCH : Instant.ofEpochMilli(Math.min(start, SECONDS_MAX * 1_000));
        String id = SandboxRoutes.id(request);
        return logs.from(id, caller.team().id(), since, offset ? start : 0, limit)
                .collectList()
                .flatMap(lines -> Json.answer(
                        HttpStatus.OK,
                        Json.object()
                                .put(
                                        "logs",
                                        lines.stream()
                                                .map(each -> line(id, each, e2b))
                                                .toList())
                                .put(
                                        "logEntries",
                                        lines.stream().map(ObserveRoutes::entry).toList())));
    }

    private Mono<ServerResponse> window(ServerRequest request, Caller caller) {
        Query query = Query.of(request);
        boolean forward = query.oneOf("direction", List.of("forward", "backward"), "backward")
                .equals("forward");
        int limit = (int) query.integer("limit", 0, LINES_USUAL).orElse(LINES_USUAL);
        int level = LogStore.LEVELS.indexOf(query.oneOf("level", LogStore.LEVELS, "debug"));
        String search = query.text("search").orElse("");
        if (search.length() > SEARCH_CHARS_MAX) {
            throw Problem.validation("parameter \"search\" has " + search.length() + " characters (at most "
                            + SEARCH_CHARS_MAX + ")")
                    .toException();
        }
        Instant now = clock.instant();
        Instant cursor = query.integer("cursor", 0, SECONDS_MAX * 1_000).stream()
                .mapToObj(Instant::ofEpochMilli)
                .findFirst()
                .orElse(forward ? now.minus(WINDOW_MAX) : now.plusMillis(1));
        Instant from = forward ? cursor : cursor.minus(WINDOW_MAX);
        Instant to = forward ? cursor.plus(WINDOW_MAX) : cursor;
        return logs.window(SandboxRoutes.id(request), caller.team().id(), from, to, level, search, forward, limit)
                .map(ObserveRoutes::entry)
                .collectList()
                .flatMap(lines -> Json.answer(HttpStatus.OK, Json.object().put("logs", lines)));
    }

    private Mono<ServerResponse> history(ServerRequest request, Caller caller) {
        Range range = range(Query.of(request), "Invalid time range for metrics");
        return metrics.history(SandboxRoutes.id(request), caller.team().id(), range.from, range.to, range.step())
                .map(ObserveRoutes::wire)
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> latest(ServerRequest request, Caller caller) {
        List<String> ids = Query.of(request).list("sandbox_ids");
        if (ids.isEmpty() || ids.size() > IDS_MAX || new HashSet<>(ids).size() != ids.size()) {
            throw Problem.validation("parameter \"sandbox_ids\" has " + ids.size() + " ids (expected: 1 to " + IDS_MAX
                            + ", each once)")
                    .toException();
        }
        return metrics.latest(ids, caller.team().id()).collectList().flatMap(all -> {
            Json.Obj map = Json.object();
            all.forEach(each -> map.put(each.sandbox(), wire(each)));
            return Json.answer(HttpStatus.OK, Json.object().put("sandboxes", map));
        });
    }

    private Mono<ServerResponse> teamHistory(ServerRequest request, Caller caller) {
        ownTeam(request, caller);
        Range range = range(Query.of(request), "start time cannot be after end time");
        return metrics.team(caller.team().id(), range.from, range.to, TEAM_SAMPLES_MAX)
                .map(each -> stamp(each.at())
                        .put("concurrentSandboxes", each.concurrent())
                        .put("sandboxStartRate", each.startRate()))
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> teamMax(ServerRequest request, Caller caller) {
        ownTeam(request, caller);
        Query query = Query.of(request);
        String metric = query.oneOf("metric", List.of("concurrent_sandboxes", "sandbox_start_rate"), "");
        boolean rate = metric.equals("sandbox_start_rate");
        Range range = range(query, "start time cannot be after end time");
        return metrics.teamMax(caller.team().id(), rate, range.from, range.to)
                .map(each -> stamp(each.at()).put("value", rate ? each.startRate() : each.concurrent()))
                .defaultIfEmpty(stamp(range.to).put("value", 0))
                .flatMap(answer -> Json.answer(HttpStatus.OK, answer));
    }

    private Range range(Query query, String backwards) {
        Instant now = clock.instant();
        Instant to = query.integer("end", 0, SECONDS_MAX).stream()
                .mapToObj(Instant::ofEpochSecond)
                .findFirst()
                .orElse(now);
        Instant from = query.integer("start", 0, SECONDS_MAX).stream()
                .mapToObj(Instant::ofEpochSecond)
                .findFirst()
                .orElse(to.minus(WINDOW_MAX));
        if (from.isAfter(to)) {
            throw new Problem(400, backwards).toException();
        }
        if (to.isAfter(now.plus(FUTURE_MAX)) && backwards.startsWith("start")) {
            throw new Problem(
                            400,
                            "end time cannot be after " + now.plus(FUTURE_MAX).truncatedTo(ChronoUnit.SECONDS))
                    .toException();
        }
        return new Range(from, to, query.text("start").isEmpty());
    }

    private static void ownTeam(ServerRequest request, Caller caller) {
        if (!request.pathVariable("team").equals(caller.team().id().toString())) {
            throw new Problem(403, "You don't have access to the metrics of this team").toException();
        }
    }

    /// E2B's CLI parses every line as JSON; our own client prints it.
    private static Json.Obj line(String id, LogStore.Line line, boolean e2b) {
        if (!e2b) {
            return Json.object().put("timestamp", line.at()).put("line", line.message());
        }
        Json.Obj json = Json.object()
                .put("level", LogStore.LEVELS.get(line.level()))
                .put("logger", line.logger())
                .put("message", line.message())
                .put("sandboxID", id);
        line.fields().forEach(json::putIfPresent);
        return Json.object().put("timestamp", line.at()).put("line", Json.text(json));
    }

    private static Json.Obj entry(LogStore.Line line) {
        Json.Obj fields = Json.object().put("logger", line.logger());
        line.fields().forEach(fields::put);
        return Json.object()
                .put("timestamp", line.at())
                .put("level", LogStore.LEVELS.get(line.level()))
                .put("message", line.message())
                .put("fields", fields);
    }

    private static Json.Obj wire(MetricStore.Sample sample) {
        return stamp(sample.at())
                .put("cpuCount", sample.cpuCount())
                .put("cpuUsedPct", sample.cpuUsedPct())
                .put("memUsed", sample.memUsed())
                .put("memTotal", sample.memTotal())
                .put("memCache", sample.memCache())
                .put("diskUsed", sample.diskUsed())
                .put("diskTotal", sample.diskTotal());
    }

    private static Json.Obj stamp(Instant at) {
        return Json.object().put("timestamp", at).put("timestampUnix", at.getEpochSecond());
    }

    /// A span of time, and how coarse it is looked at.
    private record Range(Instant from, Instant to, boolean open) {

        int step() {
            long hours = Duration.between(from, to).toHours();
            if (open || hours < 1) {
                return 5;
            }
            return hours < 6 ? 30 : hours < 12 ? 60 : hours < 24 ? 120 : hours < 72 ? 300 : 900;
        }
    }
}
