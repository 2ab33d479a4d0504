package ai.lelantos.gateway.auth;

import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/// Lets a caller in, or says why not: an API key; an access token and a team; the administrator's token and a team.
public final class Doorkeeper {

    private static final String KEY_HEADER = "X-API-Key";
    private static final String TEAM_HEADER = "X-Team-ID";
    private static final String ADMIN_HEADER = "X-Admin-Token";
    private static final String BEARER = "Bearer ";
    private static final String BAD_KEY =
            "Invalid API key, please visit https://e2b.dev/docs/api-key for more information.\n";
    private static final String BAD_TOKEN = "Invalid Access token, try to login again by running `e2b auth login`.\n";

    private final Keys keys;
    private final AuthStore store;
    private final Supplier<String> adminToken;

    Doorkeeper(Keys keys, AuthStore store, Supplier<String> adminToken) {
        this.keys = keys;
        this.store = store;
        this.adminToken = adminToken;
    }

    /// Anyone who speaks for a team.
    public Mono<Caller> team(HttpHeaders headers, Access access) {
        return Mono.defer(() -> identify(headers)).map(caller -> {
            Team team = caller.team();
            if (team.banned()) {
                throw new Problem(403, "team is banned").toException();
            }
            if (team.blockedReason() != null && access == Access.WRITE) {
                throw new Problem(403, "team is blocked: " + team.blockedReason()).toException();
            }
            return caller;
        });
    }

    /// Whether a request names a team at all, rightly or not.
    static boolean carriesKey(HttpHeaders headers) {
        return headers.getFirst(KEY_HEADER) != null || headers.getFirst(TEAM_HEADER) != null;
    }

    /// A person, by an access token.
    Mono<UUID> user(HttpHeaders headers) {
        return Mono.defer(() -> {
            String header = headers.getFirst(HttpHeaders.AUTHORIZATION);
            if (header == null) {
                return Mono.error(missing());
            }
            if (!header.startsWith(BEARER)) {
                return Mono.error(unauthorized("authorization header is malformed"));
            }
            Optional<String> body =
                    KeyFormat.accessTokenBody(header.substring(BEARER.length()).strip());
            return body.isEmpty()
                    ? Mono.error(unauthorized(BAD_TOKEN + "Invalid access token format"))
                    : keys.user(body.get())
                            .switchIfEmpty(Mono.error(
                                    () -> unauthorized(BAD_TOKEN + "Cannot get the user for the given access token")));
        });
    }

    /// The operator of this server.
    public Mono<Boolean> admin(HttpHeaders headers) {
        return Mono.defer(() -> {
            String token = headers.getFirst(ADMIN_HEADER);
            return token == null
                    ? Mono.error(missing())
                    : isAdmin(token) ? Mono.just(true) : Mono.error(unauthorized("Invalid Access token."));
        });
    }

    private Mono<Caller> identify(HttpHeaders headers) {
        String key = headers.getFirst(KEY_HEADER);
        if (key != null) {
            Optional<String> body = KeyFormat.apiKeyBody(key);
            return body.isEmpty()
                    ? Mono.error(unauthorized(BAD_KEY + "Invalid API key format"))
                    : keys.team(body.get())
                            .map(team -> new Caller(team, null))
                            .switchIfEmpty(Mono.error(
                                    () -> unauthorized(BAD_KEY + "Cannot get the team for the given API key")));
        }
        String team = headers.getFirst(TEAM_HEADER);
        if (headers.getFirst(ADMIN_HEADER) != null) {
            return admin(headers).flatMap(yes -> asAdmin(team));
        }
        return user(headers).flatMap(user -> asUser(user, team));
    }

    private Mono<Caller> asAdmin(@Nullable String team) {
        return teamId(team)
                .flatMap(store::team)
                .map(found -> new Caller(found, null))
                .switchIfEmpty(Mono.error(() -> unauthorized("X-Team-ID names no team")));
    }

    private Mono<Caller> asUser(UUID user, @Nullable String team) {
        return store.teamsOf(user)
                .filter(each -> team == null
                        ? each.isDefault()
                        : each.team().id().toString().equals(team))
                .next()
                .map(each -> new Caller(each.team(), user))
                .switchIfEmpty(Mono.error(() -> unauthorized("You are not a member of the team in X-Team-ID")));
    }

    private static Mono<UUID> teamId(@Nullable String text) {
        try {
            return text == null ? Mono.error(unauthorized("X-Team-ID is missing")) : Mono.just(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            return Mono.error(unauthorized("X-Team-ID is no UUID"));
        }
    }

    private boolean isAdmin(String token) {
        return MessageDigest.isEqual(
                token.getBytes(StandardCharsets.UTF_8), adminToken.get().getBytes(StandardCharsets.UTF_8));
    }

    private static ProblemException missing() {
        return unauthorized("authorization header is missing");
    }

    private static ProblemException unauthorized(String message) {
        return new Problem(401, message).toException();
    }
}
