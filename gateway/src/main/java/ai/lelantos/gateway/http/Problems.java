package ai.lelantos.gateway.http;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/// The one place that makes errors: whatever fails leaves as a [Problem] in JSON.
public final class Problems implements WebExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    private final List<Function<Throwable, Optional<Problem>>> rooms;

    /// @param rooms what each room makes of its own refusals
    public Problems(List<Function<Throwable, Optional<Problem>>> rooms) {
        this.rooms = List.copyOf(rooms);
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        ServerHttpResponse response = exchange.getResponse();
        if (response.isCommitted()) {
            return Mono.error(failure);
        }
        Problem problem = of(failure);
        if (problem.status() == 500) {
            log.atError()
                    .addKeyValue("request", RequestLog.id(exchange))
                    .setCause(failure)
                    .log("request failed");
        }
        response.setRawStatusCode(problem.status());
        response.getHeaders().setContentType(MediaType.APPLICATION_JSON);
        if (problem.retryAfterSeconds() != null) {
            response.getHeaders().set("Retry-After", String.valueOf(problem.retryAfterSeconds()));
        }
        byte[] body = Json.bytes(body(problem));
        response.getHeaders().setContentLength(body.length);
        return response.writeWith(Mono.just(response.bufferFactory().wrap(body)));
    }

    /// The same as a response, for where an answer is needed as a value.
    public static Mono<ServerResponse> response(Problem problem) {
        ServerResponse.BodyBuilder builder =
                ServerResponse.status(HttpStatusCode.valueOf(problem.status())).contentType(MediaType.APPLICATION_JSON);
        return builder.bodyValue(Json.bytes(body(problem)));
    }

    public Problem of(Throwable failure) {
        for (Function<Throwable, Optional<Problem>> room : rooms) {
            Optional<Problem> known = room.apply(failure);
            if (known.isPresent()) {
                return known.get();
            }
        }
        return switch (failure) {
            case ProblemException known -> known.problem();
            case DataBufferLimitException tooLarge ->
                new Problem(413, "validation error: the body is larger than 16 MiB");
            case ResponseStatusException status
            when status.getStatusCode().value() == 404 -> new Problem(404, "validation error: no such endpoint");
            case ResponseStatusException status ->
                new Problem(
                        status.getStatusCode().value(),
                        "validation error: "
                                + Objects.requireNonNullElse(status.getReason(), "the request cannot be read"));
            default -> new Problem(500, "Internal server error", "internal_server_error");
        };
    }

    static Json.Obj body(Problem problem) {
        return Json.object()
                .put("code", problem.status())
                .put("message", problem.message())
                .put("error", problem.message())
                .putIfPresent("error_code", problem.errorCode());
    }
}
