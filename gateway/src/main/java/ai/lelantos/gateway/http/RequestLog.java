package ai.lelantos.gateway.http;

import java.util.HexFormat;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Gives every request an id, sends it back as a header, and writes one line when the request is over.
public final class RequestLog implements WebFilter {

    public static final String HEADER = "X-E2B-Trace-ID";

    private static final Logger log = LoggerFactory.getLogger("request");
    private static final String ATTRIBUTE = RequestLog.class.getName();

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        long begun = System.nanoTime();
        exchange.getAttributes().put(ATTRIBUTE, id);
        exchange.getResponse().getHeaders().set(HEADER, id);
        return chain.filter(exchange)
                .contextWrite(context -> context.put(ATTRIBUTE, id))
                .doFinally(signal -> {
                    ServerHttpRequest request = exchange.getRequest();
                    var status = exchange.getResponse().getStatusCode();
                    log.atInfo()
                            .addKeyValue("request", id)
                            .addKeyValue("method", request.getMethod())
                            .addKeyValue("path", request.getPath().value())
                            .addKeyValue("status", status == null ? 0 : status.value())
                            .addKeyValue("ms", (System.nanoTime() - begun) / 1_000_000)
                            .addKeyValue("end", signal)
                            .log("done");
                });
    }

    static String id(ServerWebExchange exchange) {
        return Objects.toString(exchange.getAttributes().get(ATTRIBUTE), "none");
    }
}
