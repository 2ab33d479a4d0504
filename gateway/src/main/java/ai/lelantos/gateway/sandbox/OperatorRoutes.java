package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Problems;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// For the administrator's token: this node, and every team's sandboxes.
final class OperatorRoutes {

    private static final int KILLS_AT_ONCE_MAX = 16;

    private final SandboxLifecycle lifecycle;
    private final SandboxStore store;
    private final LiveSandboxes live;
    private final RuntimeDriver driver;
    private final Doorkeeper door;
    private final String node;
    private final Clock clock;
    private final Instant started;
    private final NodeReport report;

    OperatorRoutes(
            SandboxLifecycle lifecycle,
            SandboxStore store,
            LiveSandboxes live,
            StartCounter starts,
            RuntimeDriver driver,
            Doorkeeper door,
            String node,
            Clock clock) {
        this.lifecycle = lifecycle;
        this.store = store;
        this.live = live;
        this.driver = driver;
        this.door = door;
        this.node = node;
        this.clock = clock;
        this.started = clock.instant();
        this.report = new NodeReport(node, started, live, starts, driver);
    }

    RouterFunction<ServerResponse> routes() {
        return route().GET("/metrics", Guarded.by(door::admin, this::metrics))
                .GET(
                        "/nodes",
                        Guarded.by(
                                door::admin,
                                (request, admin) -> Json.answer(HttpStatus.OK, Json.array(List.of(report.wire())))))
                .GET(
                        "/nodes/{node}",
                        Guarded.by(
                                door::admin,
                                (request, admin) -> known(request)
                                        .then(Mono.defer(() -> Json.answer(HttpStatus.OK, report.wire())))))
                .POST("/nodes/{node}", Guarded.by(door::admin, this::setStatus))
                .GET("/admin/sandboxes/running-counts", Guarded.by(door::admin, this::counts))
                .POST("/admin/teams/{team}/sandboxes/kill", Guarded.by(door::admin, this::killAll))
                .POST(
                        "/admin/teams/{team}/builds/cancel",
                        Guarded.by(
                                door::admin,
                                (request, admin) -> Problems.response(
                                        new Problem(501, "Building templates is not available on this server yet"))))
                .build();
    }

    private Mono<ServerResponse> metrics(ServerRequest request, boolean admin) {
        Runtime runtime = Runtime.getRuntime();
        String page = Exposition.of(
                live.count(),
                runtime.totalMemory() - runtime.freeMemory(),
                Duration.between(started, Instant.now(clock)).toMillis() / 1_000.0,
                driver.pools());
        return ServerResponse.ok()
                .header(HttpHeaders.CONTENT_TYPE, Exposition.CONTENT_TYPE)
                .bodyValue(page);
    }

    private Mono<Void> known(ServerRequest request) {
        return request.pathVariable("node").equals(node)
                ? Mono.empty()
                : Mono.error(new Problem(404, "Node '" + request.pathVariable("node") + "' not found").toException());
    }

    /// One node, always ready: whatever else is asked is no legal transition.
    private Mono<ServerResponse> setStatus(ServerRequest request, boolean admin) {
        return known(request).then(Body.required(request)).flatMap(body -> {
            String status = body.string("status");
            return switch (status) {
                case "ready" -> Json.nothing();
                case "draining", "connecting", "unhealthy", "standby" ->
                    Mono.error(new Problem(
                                    409,
                                    "Node '" + node + "' is the only one and stays ready; stop the server to drain it")
                            .toException());
                default ->
                    Mono.error(Problem.validation("property \"status\" is \"" + status + "\"")
                            .toException());
            };
        });
    }

    private Mono<ServerResponse> counts(ServerRequest request, boolean admin) {
        return store.runningCounts().collectList().flatMap(all -> {
            Json.Obj counts = Json.object();
            all.forEach(each -> counts.put(each.team().toString(), each.count()));
            return Json.answer(HttpStatus.OK, counts);
        });
    }

    private Mono<ServerResponse> killAll(ServerRequest request, boolean admin) {
        UUID team;
        try {
            team = UUID.fromString(request.pathVariable("team"));
        } catch (IllegalArgumentException e) {
            return Mono.error(new Problem(400, "Invalid team ID").toException());
        }
        return store.ofTeam(team)
                .flatMap(
                        row -> lifecycle
                                .kill(row.id(), team)
                                .thenReturn(true)
                                .onErrorResume(Refusal.class, failure -> Mono.just(false)),
                        KILLS_AT_ONCE_MAX)
                .collectList()
                .flatMap(done -> Json.answer(
                        HttpStatus.OK,
                        Json.object()
                                .put(
                                        "killedCount",
                                        done.stream().filter(each -> each).count())
                                .put(
                                        "failedCount",
                                        done.stream().filter(each -> !each).count())));
    }
}
