package ai.lelantos.gateway.auth;

import java.time.Clock;
import java.util.function.Supplier;
import org.springframework.web.server.WebFilter;

/// The room in one piece, for the wiring.
public record Auth(Doorkeeper door, AuthRoutes routes, WebFilter rateLimit) {

    public static Auth of(
            AuthStore store, String adminToken, AuthSettings settings, Supplier<byte[]> random, Clock clock) {
        Keys keys = new Keys(store, clock);
        Doorkeeper door = new Doorkeeper(keys, store, () -> adminToken);
        return new Auth(
                door,
                new AuthRoutes(store, keys, door, random, clock),
                new RateLimitFilter(new RateLimit(settings, clock), door));
    }
}
