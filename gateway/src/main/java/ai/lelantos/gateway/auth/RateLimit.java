package ai.lelantos.gateway.auth;

import ai.lelantos.gateway.http.Problem;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/// A token bucket for each team and route; off unless set.
final class RateLimit {

    private static final int BUCKETS_MAX = 100_000;
    private static final Duration IDLE_MAX = Duration.ofMinutes(10);

    private final int perSecond;
    private final int burst;
    private final Clock clock;
    private final Cache<Bucket, State> buckets = Caffeine.newBuilder()
            .maximumSize(BUCKETS_MAX)
            .expireAfterAccess(IDLE_MAX)
            .build();

    RateLimit(AuthSettings settings, Clock clock) {
        this.perSecond = settings.rateLimit();
        this.burst = settings.rateBurst() > 0 ? settings.rateBurst() : settings.rateLimit();
        this.clock = clock;
    }

    boolean isOn() {
        return perSecond > 0;
    }

    /// Takes one; empty when there is no limit.
    Optional<Left> take(UUID team, String route) {
        if (perSecond == 0) {
            return Optional.empty();
        }
        long now = clock.millis();
        State state = buckets.asMap().compute(new Bucket(team, route), (key, old) -> {
            double full = old == null ? burst : Math.min(burst, old.tokens + (now - old.at) * perSecond / 1000.0);
            return full >= 1 ? new State(full - 1, now, true) : new State(full, now, false);
        });
        int waitSeconds = (int) Math.ceil((1 - Math.min(1, state.tokens)) / perSecond);
        return Optional.of(
                new Left(burst, (int) state.tokens, Math.max(state.granted ? 0 : 1, waitSeconds), state.granted));
    }

    /// What a bucket holds after a request.
    record Left(int limit, int remaining, int resetSeconds, boolean granted) {

        Problem refusal() {
            return new Problem(429, "Rate limit exceeded", null, resetSeconds);
        }
    }

    private record Bucket(UUID team, String route) {}

    private record State(double tokens, long at, boolean granted) {}
}
