package ai.lelantos.gateway.http;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Lets any page in a browser call the API: it is the key that lets in, never a cookie.
public final class Cors implements WebFilter {

    private static final String METHODS = "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";
    private static final String EXPOSED =
            "X-Next-Token, X-Total-Running, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-E2B-Trace-ID";

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        HttpHeaders asked = exchange.getRequest().getHeaders();
        HttpHeaders given = exchange.getResponse().getHeaders();
        given.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        if (exchange.getRequest().getMethod().equals(HttpMethod.OPTIONS)) {
            String headers = asked.getFirst(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
            given.set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            given.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers == null ? "*" : headers);
            given.set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "7200");
            given.set(HttpHeaders.VARY, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
            exchange.getResponse().setStatusCode(HttpStatus.NO_CONTENT);
            return exchange.getResponse().setComplete();
        }
        given.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        return chain.filter(exchange);
    }
}
