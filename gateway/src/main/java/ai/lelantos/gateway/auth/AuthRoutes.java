package ai.lelantos.gateway.auth;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// API keys, teams and access tokens over HTTP.
public final class AuthRoutes {

    private static final int NAME_CHARS_MAX = 128;

    private final AuthStore store;
    private final Keys keys;
    private final Doorkeeper door;
    private final Supplier<byte[]> random;
    private final Clock clock;

    AuthRoutes(AuthStore store, Keys keys, Doorkeeper door, Supplier<byte[]> random, Clock clock) {
        this.store = store;
        this.keys = keys;
        this.door = door;
        this.random = random;
        this.clock = clock;
    }

    public RouterFunction<ServerResponse> routes() {
        return route().GET("/api-keys", Guarded.by(headers -> door.team(headers, Access.READ), this::list))
                .POST("/api-keys", Guarded.by(headers -> door.team(headers, Access.WRITE), this::create))
                .PATCH("/api-keys/{id}", Guarded.by(headers -> door.team(headers, Access.WRITE), this::rename))
                .DELETE("/api-keys/{id}", Guarded.by(headers -> door.team(headers, Access.DELETE), this::delete))
                .GET("/teams", this::teams)
                .POST("/access-tokens", Guarded.by(door::user, this::createToken))
                .DELETE("/access-tokens/{id}", Guarded.by(door::user, this::deleteToken))
                .POST("/admin/teams/{team}/api-keys", Guarded.by(door::admin, this::adminCreate))
                .DELETE("/admin/teams/{team}/api-keys/{id}", Guarded.by(door::admin, this::adminDelete))
                .build();
    }

    private Mono<ServerResponse> list(ServerRequest request, Caller caller) {
        return store.keys(caller.team().id())
                .map(AuthRoutes::wire)
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> create(ServerRequest request, Caller caller) {
        return Body.required(request)
                .flatMap(body -> make(caller.team().id(), name(body), caller.user()))
                .flatMap(made -> Json.answer(HttpStatus.CREATED, made));
    }

    private Mono<Json.Obj> make(UUID team, String name, @Nullable UUID user) {
        String body = secret();
        return store.insertKey(uuid(), team, name, body, user, now())
                .map(key -> wire(key).put("key", KeyFormat.API_KEY + body).put("apiKey", KeyFormat.API_KEY + body));
    }

    private Mono<ServerResponse> rename(ServerRequest request, Caller caller) {
        UUID id = keyId(request);
        return Body.required(request)
                .flatMap(body -> store.renameKey(caller.team().id(), id, name(body)))
                .flatMap(count -> count == 0
                        ? Mono.error(new Problem(404, "API key '" + id + "' not found").toException())
                        : Json.answer(HttpStatus.OK, Json.object()));
    }

    private Mono<ServerResponse> delete(ServerRequest request, Caller caller) {
        return remove(caller.team().id(), keyId(request));
    }

    private Mono<ServerResponse> remove(UUID team, UUID id) {
        return store.deleteKey(team, id)
                .switchIfEmpty(Mono.error(() -> new Problem(404, "API key not found").toException()))
                .doOnNext(keys::forget)
                .then(Json.nothing());
    }

    /// A fresh key for each team at each call, as the CLI's login expects; a caller with a key gets its own team.
    private Mono<ServerResponse> teams(ServerRequest request) {
        var headers = request.headers().asHttpHeaders();
        Mono<java.util.List<AuthStore.TeamOfUser>> teams = headers.getFirst("X-API-Key") != null
                ? door.team(headers, Access.READ)
                        .map(caller -> java.util.List.of(new AuthStore.TeamOfUser(caller.team(), true)))
                : door.user(headers).flatMap(store::teamList);
        return teams.flatMapIterable(all -> all)
                .concatMap(each -> make(each.team().id(), "CLI login", null)
                        .map(key -> Json.object()
                                .put("teamID", each.team().id())
                                .put("name", each.team().name())
                                .put("apiKey", key.fields().get("key"))
                                .put("isDefault", each.isDefault())))
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> createToken(ServerRequest request, UUID user) {
        return Body.required(request).flatMap(body -> {
            String name = name(body);
            UUID id = uuid();
            String secret = secret();
            Instant now = now();
            return store.insertToken(id, user, name, secret, now)
                    .then(Json.answer(
                            HttpStatus.CREATED,
                            Json.object()
                                    .put("id", id)
                                    .put("name", name)
                                    .put("token", KeyFormat.ACCESS_TOKEN + secret)
                                    .put(
                                            "mask",
                                            mask(
                                                    KeyFormat.ACCESS_TOKEN,
                                                    secret.length(),
                                                    secret.substring(0, 2),
                                                    secret.substring(secret.length() - 4)))
                                    .put("createdAt", now)));
        });
    }

    private Mono<ServerResponse> deleteToken(ServerRequest request, UUID user) {
        return store.deleteToken(user, keyId(request))
                .switchIfEmpty(Mono.error(() -> new Problem(404, "Access token not found").toException()))
                .doOnNext(keys::forget)
                .then(Json.nothing());
    }

    private Mono<ServerResponse> adminCreate(ServerRequest request, boolean admin) {
        return team(request)
                .flatMap(team -> Body.required(request)
                        .flatMap(body -> {
                            if (team.banned() || team.blockedReason() != null) {
                                throw new Problem(
                                                403,
                                                team.banned()
                                                        ? "team is banned"
                                                        : "team is blocked: " + team.blockedReason())
                                        .toException();
                            }
                            return make(team.id(), name(body), null);
                        })
                        .flatMap(made -> Json.answer(HttpStatus.CREATED, made)));
    }

    private Mono<ServerResponse> adminDelete(ServerRequest request, boolean admin) {
        return team(request).flatMap(team -> remove(team.id(), keyId(request)));
    }

    private Mono<Team> team(ServerRequest request) {
        UUID id;
        try {
            id = UUID.fromString(request.pathVariable("team"));
        } catch (IllegalArgumentException e) {
            return Mono.error(new Problem(400, "Invalid team ID").toException());
        }
        return store.team(id).switchIfEmpty(Mono.error(() -> new Problem(404, "Team not found").toException()));
    }

    private static UUID keyId(ServerRequest request) {
        String id = request.pathVariable("id");
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw new Problem(400, "Error when parsing API key ID: '" + id + "' is no UUID").toException();
        }
    }

    private static String name(Body body) {
        String name = body.string("name").strip();
        if (name.isEmpty() || name.length() > NAME_CHARS_MAX) {
            throw Problem.validation("property \"name\" has " + name.length() + " characters (expected: 1 to "
                            + NAME_CHARS_MAX + ")")
                    .toException();
        }
        return name;
    }

    private String secret() {
        return java.util.HexFormat.of().formatHex(random.get()).substring(0, KeyFormat.BODY_CHARS);
    }

    private UUID uuid() {
        byte[] bytes = random.get();
        bytes[6] = (byte) ((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte) ((bytes[8] & 0x3f) | 0x80);
        var buffer = java.nio.ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static Json.Obj wire(ApiKey key) {
        UUID by = key.createdBy();
        return Json.object()
                .put("id", key.id())
                .put("name", key.name())
                .put("mask", mask(KeyFormat.API_KEY, key.maskLength(), key.maskHead(), key.maskTail()))
                .put("createdAt", key.createdAt())
                .put(
                        "createdBy",
                        by == null ? null : Json.object().put("id", by).put("email", key.createdByEmail()))
                .put("lastUsed", key.lastUsed());
    }

    private static Json.Obj mask(String prefix, int length, String head, String tail) {
        return Json.object()
                .put("prefix", prefix)
                .put("valueLength", length)
                .put("maskedValuePrefix", head)
                .put("maskedValueSuffix", tail);
    }
}
