package ai.lelantos.gateway.http;

import java.util.function.BiFunction;
import java.util.function.Function;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// A handler that first learns who is asking: nothing of the request is read before.
public final class Guarded {

    private Guarded() {}

    public static <C> HandlerFunction<ServerResponse> by(
            Function<HttpHeaders, Mono<C>> door, BiFunction<ServerRequest, C, Mono<ServerResponse>> handler) {
        return request ->
                door.apply(request.headers().asHttpHeaders()).flatMap(caller -> handler.apply(request, caller));
    }
}
