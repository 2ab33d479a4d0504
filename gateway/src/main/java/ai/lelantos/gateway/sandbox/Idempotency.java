package ai.lelantos.gateway.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Problem;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// `Idempotency-Key` on create, pause, kill and fork: the first answer comes again, and the work is done once.
/// The answer is stored before it is sent, so that whoever saw it will see it again (`docs/idempotency.md`).
final class Idempotency implements WebFilter {

    private static final String HEADER = "Idempotency-Key";
    private static final String REPLAYED = "Idempotent-Replayed";
    private static final int KEY_CHARS_MAX = 255;
    private static final int BODY_BYTES_MAX = 1 << 20;
    private static final int RETRY_SECONDS = 1;
    private static final Pattern CREATE = Pattern.compile("(/v2)?/sandboxes|/sandboxes/[^/]+/(pause|fork)");
    private static final Pattern KILL = Pattern.compile("/sandboxes/[^/]+");

    private final IdempotencyStore store;
    private final Doorkeeper door;
    private final Clock clock;

    Idempotency(IdempotencyStore store, Doorkeeper door, Clock clock) {
        this.store = store;
        this.door = door;
        this.clock = clock;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        ServerHttpRequest request = exchange.getRequest();
        String key = request.getHeaders().getFirst(HEADER);
        if (key == null || !covers(request)) {
            return chain.filter(exchange);
        }
        if (key.isBlank() || key.length() > KEY_CHARS_MAX) {
            return Mono.error(Problem.validation(HEADER + " takes 1 to " + KEY_CHARS_MAX + " characters")
                    .toException());
        }
        String asked = request.getMethod().name() + " " + request.getURI().getRawPath();
        return door.team(request.getHeaders(), Access.READ).flatMap(caller -> {
            UUID team = caller.team().id();
            Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
            return store.begin(team, key, asked, now)
                    .flatMap(mine -> mine ? attempt(exchange, chain, team, key) : again(exchange, team, key, asked));
        });
    }

    private static boolean covers(ServerHttpRequest request) {
        String path = request.getURI().getRawPath();
        return (request.getMethod().equals(HttpMethod.POST)
                        && CREATE.matcher(path).matches())
                || (request.getMethod().equals(HttpMethod.DELETE)
                        && KILL.matcher(path).matches());
    }

    /// Goes on when its client leaves, for whom `cache` is: that client is the one who will ask again.
    private Mono<Void> attempt(ServerWebExchange exchange, WebFilterChain chain, UUID team, String key) {
        var recorded = new Recorded(exchange.getResponse(), team, key);
        return chain.filter(exchange.mutate().response(recorded).build())
                .onErrorResume(why -> store.failed(team, key).then(Mono.error(why)))
                .cache();
    }

    private Mono<Void> again(ServerWebExchange exchange, UUID team, String key, String asked) {
        return store.find(team, key)
                .switchIfEmpty(Mono.error(Idempotency::inFlight))
                .flatMap(first -> {
                    if (!first.request().equals(asked)) {
                        return Mono.error(new Problem(
                                        409,
                                        "this " + HEADER + " was used for another request (" + first.request() + ")")
                                .toException());
                    }
                    return first.status() == null ? Mono.error(inFlight()) : replay(exchange, first);
                });
    }

    private static RuntimeException inFlight() {
        return new Problem(409, "a request with this " + HEADER + " is being worked on", null, RETRY_SECONDS)
                .toException();
    }

    private static Mono<Void> replay(ServerWebExchange exchange, IdempotencyStore.First first) {
        ServerHttpResponse response = exchange.getResponse();
        response.setStatusCode(HttpStatusCode.valueOf(Objects.requireNonNull(first.status())));
        response.getHeaders().set(REPLAYED, "true");
        if (first.body().isEmpty()) {
            return response.setComplete();
        }
        byte[] body = first.body().getBytes(UTF_8);
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        response.getHeaders().setContentLength(body.length);
        return response.writeWith(
                Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
    }

    /// Keeps what is answered, and only then lets it go out.
    private final class Recorded extends ServerHttpResponseDecorator {

        private final UUID team;
        private final String key;

        Recorded(ServerHttpResponse response, UUID team, String key) {
            super(response);
            this.team = team;
            this.key = key;
        }

        @Override
        public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
            return DataBufferUtils.join(body, BODY_BYTES_MAX).flatMap(whole -> {
                byte[] bytes = new byte[whole.readableByteCount()];
                whole.read(bytes);
                DataBufferUtils.release(whole);
                return keep(new String(bytes, UTF_8))
                        .then(Mono.defer(
                                () -> super.writeWith(Mono.just(bufferFactory().wrap(bytes)))));
            });
        }

        @Override
        public Mono<Void> setComplete() {
            return keep("").then(Mono.defer(super::setComplete));
        }

        private Mono<Void> keep(String body) {
            HttpStatusCode status = getStatusCode();
            return status == null || status.isError()
                    ? store.failed(team, key)
                    : store.answered(team, key, status.value(), body);
        }
    }
}
