package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Problems;
import ai.lelantos.gateway.template.Templates;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// The lifecycle over HTTP.
final class SandboxRoutes {

    private static final Duration CONNECT_USUAL = Duration.ofMinutes(5);
    private static final int REFRESH_SECONDS_MIN = 15;
    private static final int REFRESH_SECONDS_MAX = 3_600;

    private final SandboxLifecycle lifecycle;
    private final SandboxStore store;
    private final Templates templates;
    private final Doorkeeper door;
    private final SandboxWire wire;
    private final SandboxSettings settings;
    private final Supplier<byte[]> random;
    private final String node;
    private final Clock clock;

    SandboxRoutes(
            SandboxLifecycle lifecycle,
            SandboxStore store,
            Templates templates,
            Doorkeeper door,
            SandboxWire wire,
            SandboxSettings settings,
            Supplier<byte[]> random,
            String node,
            Clock clock) {
        this.lifecycle = lifecycle;
        this.store = store;
        this.templates = templates;
        this.door = door;
        this.wire = wire;
        this.settings = settings;
        this.random = random;
        this.node = node;
        this.clock = clock;
    }

    RouterFunction<ServerResponse> routes() {
        return route().POST("/sandboxes", team(Access.WRITE, (request, caller) -> create(request, caller, false)))
                .POST("/v2/sandboxes", team(Access.WRITE, (request, caller) -> create(request, caller, true)))
                .GET("/sandboxes/{id}", team(Access.READ, this::show))
                .DELETE("/sandboxes/{id}", team(Access.DELETE, this::kill))
                .POST("/sandboxes/{id}/connect", team(Access.WRITE, this::connect))
                .POST("/v2/sandboxes/{id}/connect", team(Access.WRITE, this::connect))
                .POST("/sandboxes/{id}/resume", team(Access.WRITE, this::resume))
                .POST("/sandboxes/{id}/pause", team(Access.WRITE, this::pause))
                .POST("/sandboxes/{id}/timeout", team(Access.WRITE, this::timeout))
                .POST("/sandboxes/{id}/refreshes", team(Access.WRITE, this::refresh))
                .PUT("/sandboxes/{id}/network", team(Access.WRITE, this::network))
                .POST("/sandboxes/{id}/fork", team(Access.WRITE, this::notYet))
                .POST("/sandboxes/{id}/snapshots", team(Access.WRITE, this::notYet))
                .POST("/snapshots", team(Access.WRITE, this::snapshotByBody))
                .build();
    }

    private HandlerFunction<ServerResponse> team(
            Access access, BiFunction<ServerRequest, Caller, Mono<ServerResponse>> handler) {
        return Guarded.by(headers -> door.team(headers, access), handler);
    }

    private Mono<ServerResponse> create(ServerRequest request, Caller caller, boolean v2) {
        return Body.required(request).flatMap(body -> {
            NewSandbox asked = NewSandbox.of(body, v2);
            Duration usual = v2 ? settings.timeoutV2() : usualV1(request);
            return templates
                    .bootable(caller.team(), asked.template())
                    .map(build -> asked.row(
                            SandboxId.fresh(random),
                            caller.team(),
                            build,
                            usual,
                            node,
                            clock.instant().truncatedTo(ChronoUnit.MICROS)))
                    .flatMap(row -> lifecycle.create(row, Duration.between(row.createdAt(), row.endAt())))
                    .flatMap(row -> Json.answer(HttpStatus.CREATED, wire.sandbox(row)));
        });
    }

    private Mono<ServerResponse> show(ServerRequest request, Caller caller) {
        return lifecycle
                .show(id(request), caller.team().id())
                .flatMap(row -> Json.answer(HttpStatus.OK, wire.detail(row)));
    }

    private Mono<ServerResponse> kill(ServerRequest request, Caller caller) {
        return lifecycle.kill(id(request), caller.team().id()).then(Json.nothing());
    }

    private Mono<ServerResponse> connect(ServerRequest request, Caller caller) {
        String id = id(request);
        return Body.optional(request).flatMap(body -> {
            Duration timeout = body.integer("timeout", 0, Integer.MAX_VALUE)
                    .map(Duration::ofSeconds)
                    .orElse(CONNECT_USUAL);
            if (timeout.compareTo(caller.team().timeoutMax()) > 0) {
                throw NewSandbox.tooLong(caller.team().timeoutMax());
            }
            boolean memory = body.bool("memory").orElse(true);
            return lifecycle
                    .connect(id, caller.team().id(), timeout, memory)
                    .flatMap(outcome -> Json.answer(
                            outcome.changed() ? HttpStatus.CREATED : HttpStatus.OK, wire.sandbox(outcome.sandbox())));
        });
    }

    private Mono<ServerResponse> resume(ServerRequest request, Caller caller) {
        String id = id(request);
        return Body.optional(request).flatMap(body -> {
            Duration timeout = body.integer("timeout", 0, Integer.MAX_VALUE)
                    .map(seconds -> NewSandbox.timeout(caller.team().timeoutMax(), Duration.ofSeconds(seconds)))
                    .orElseGet(() -> usualV1(request));
            boolean memory = body.bool("memory").orElse(true);
            Optional<Boolean> autoPause = body.bool("autoPause");
            return lifecycle
                    .resume(id, caller.team().id(), timeout, memory, autoPause.isPresent() ? autoPause.get() : null)
                    .flatMap(row -> Json.answer(HttpStatus.CREATED, wire.sandbox(row)));
        });
    }

    private Mono<ServerResponse> pause(ServerRequest request, Caller caller) {
        String id = id(request);
        return Body.optional(request)
                .flatMap(body -> lifecycle.pause(
                        id, caller.team().id(), body.bool("memory").orElse(true)))
                .then(Json.nothing());
    }

    private Mono<ServerResponse> timeout(ServerRequest request, Caller caller) {
        String id = id(request);
        return Body.required(request).flatMap(body -> {
            int seconds = body.integer("timeout", 0, Integer.MAX_VALUE)
                    .orElseThrow(() -> Problem.validation("property \"timeout\" is missing")
                            .toException());
            return lifecycle
                    .setTimeout(
                            id,
                            caller.team().id(),
                            Duration.ofSeconds(seconds),
                            caller.team().timeoutMax())
                    .then(Json.nothing());
        });
    }

    private Mono<ServerResponse> refresh(ServerRequest request, Caller caller) {
        String id = id(request);
        return Body.optional(request).flatMap(body -> {
            int seconds = Math.max(
                    REFRESH_SECONDS_MIN,
                    body.integer("duration", 0, REFRESH_SECONDS_MAX).orElse(REFRESH_SECONDS_MIN));
            return lifecycle
                    .refresh(
                            id,
                            caller.team().id(),
                            Duration.ofSeconds(seconds),
                            caller.team().timeoutMax())
                    .then(Json.nothing());
        });
    }

    /// Stored, and in force at once or refused: what is open stays open, what is closed stays closed until the runtime
    /// can change it under a running sandbox.
    private Mono<ServerResponse> network(ServerRequest request, Caller caller) {
        String id = id(request);
        return Body.required(request)
                .flatMap(body -> lifecycle.forNetwork(id, caller.team().id()).flatMap(row -> {
                    boolean now = NetworkSettings.stored(
                                    row.network(), row.allowInternet() == null || row.allowInternet())
                            .internet();
                    NetworkSettings next = NetworkSettings.update(body, row.network(), row.allowInternet());
                    if (next.internet() != now) {
                        throw new Problem(
                                        400,
                                        "Opening or closing the internet of a running sandbox cannot be enforced by this "
                                                + "server yet, so it is refused")
                                .toException();
                    }
                    Boolean flag = body.bool("allow_internet_access").orElse(null);
                    return store.setNetwork(id, next.stored(), flag == null ? row.allowInternet() : flag)
                            .switchIfEmpty(Mono.error(() -> new Refusal(Refusal.Kind.STILL_MOVING, id)))
                            .then(Json.nothing());
                }));
    }

    private Mono<ServerResponse> notYet(ServerRequest request, Caller caller) {
        return lifecycle.show(id(request), caller.team().id()).flatMap(row -> snapshotsMissing());
    }

    private Mono<ServerResponse> snapshotByBody(ServerRequest request, Caller caller) {
        return Body.required(request).flatMap(body -> {
            String id = body.optionalString("sandboxID")
                    .or(() -> body.optionalString("sandboxId"))
                    .map(SandboxId::parse)
                    .orElseThrow(() -> Problem.validation("property \"sandboxID\" is missing")
                            .toException());
            return lifecycle.show(id, caller.team().id()).flatMap(row -> snapshotsMissing());
        });
    }

    private static Mono<ServerResponse> snapshotsMissing() {
        return Problems.response(new Problem(501, "Snapshots and forks are not available on this server yet"));
    }

    private Duration usualV1(ServerRequest request) {
        return Clients.ofE2b(request.headers().asHttpHeaders()) ? settings.timeoutV1() : settings.timeoutOther();
    }

    static String id(ServerRequest request) {
        return SandboxId.parse(Objects.requireNonNull(request.pathVariable("id")));
    }
}
