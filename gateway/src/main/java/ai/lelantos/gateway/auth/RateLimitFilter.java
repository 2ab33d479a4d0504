package ai.lelantos.gateway.auth;

import java.util.regex.Pattern;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/// Counts a team's requests to a route, tells on every answer what is left, and refuses with 429 what is too much.
final class RateLimitFilter implements WebFilter {

    /// Ids of any kind, so that requests to two sandboxes meet in one bucket.
    private static final Pattern ID = Pattern.compile("/(?=[^/]*[0-9])[^/]{8,}");

    private final RateLimit limit;
    private final Doorkeeper door;

    RateLimitFilter(RateLimit limit, Doorkeeper door) {
        this.limit = limit;
        this.door = door;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        HttpHeaders asked = exchange.getRequest().getHeaders();
        if (!limit.isOn() || !Doorkeeper.carriesKey(asked)) {
            return chain.filter(exchange);
        }
        String path = exchange.getRequest().getURI().getRawPath();
        String route =
                exchange.getRequest().getMethod() + " " + ID.matcher(path).replaceAll("/{id}");
        return door.team(asked, Access.READ)
                .flatMap(caller -> limit.take(caller.team().id(), route)
                        .map(left -> counted(exchange, chain, left))
                        .orElseGet(() -> chain.filter(exchange)));
    }

    private static Mono<Void> counted(ServerWebExchange exchange, WebFilterChain chain, RateLimit.Left left) {
        HttpHeaders given = exchange.getResponse().getHeaders();
        given.set("RateLimit-Limit", Integer.toString(left.limit()));
        given.set("RateLimit-Remaining", Integer.toString(left.remaining()));
        given.set("RateLimit-Reset", Integer.toString(left.resetSeconds()));
        return left.granted()
                ? chain.filter(exchange)
                : Mono.error(left.refusal().toException());
    }
}
