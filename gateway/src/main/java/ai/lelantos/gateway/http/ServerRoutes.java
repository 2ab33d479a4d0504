package ai.lelantos.gateway.http;

import static org.springframework.web.reactive.function.server.RequestPredicates.headers;
import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// What concerns the server itself: is it well, and what does it speak.
public final class ServerRoutes {

    private static final String HOME = "Lelantos-Home";

    private final String homeKey;
    private final AtomicBoolean draining = new AtomicBoolean();
    private final ClassPathResource description = new ClassPathResource("openapi.yml");
    private final ClassPathResource measured = new ClassPathResource("compat.json");
    private final ClassPathResource page = new ClassPathResource("compat.html");

    /// @param homeKey told by `/health`, so that who started a server knows whether it is that one that answers
    public ServerRoutes(String homeKey) {
        this.homeKey = homeKey;
    }

    public RouterFunction<ServerResponse> routes() {
        return route().GET("/health", this::health)
                .GET("/openapi.yml", this::describe)
                .GET("/compat", headers(ServerRoutes::wantsToRead), this::compatibilityToRead)
                .GET("/compat", this::compatibility)
                .build();
    }

    /// From now on `/health` tells load balancers to go elsewhere.
    public void drain() {
        draining.set(true);
    }

    private Mono<ServerResponse> health(ServerRequest request) {
        return draining.get()
                ? Problems.response(new Problem(503, "Service is unavailable"))
                : ServerResponse.ok()
                        .header(HOME, homeKey)
                        .contentType(MediaType.TEXT_PLAIN)
                        .bodyValue("Health check successful");
    }

    private Mono<ServerResponse> describe(ServerRequest request) {
        return ServerResponse.ok()
                .contentType(MediaType.parseMediaType("application/yaml"))
                .bodyValue(description);
    }

    /// Which published client works, as measured at the last commit.
    private Mono<ServerResponse> compatibility(ServerRequest request) {
        return ServerResponse.ok().contentType(MediaType.APPLICATION_JSON).bodyValue(measured);
    }

    /// A browser names HTML; a program says JSON, or that anything will do.
    private static boolean wantsToRead(ServerRequest.Headers headers) {
        return headers.accept().contains(MediaType.TEXT_HTML);
    }

    private Mono<ServerResponse> compatibilityToRead(ServerRequest request) {
        return ServerResponse.ok().contentType(MediaType.TEXT_HTML).bodyValue(page);
    }
}
