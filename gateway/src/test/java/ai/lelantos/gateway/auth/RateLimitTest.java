package ai.lelantos.gateway.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {

    private static final UUID TEAM = new UUID(0, 1);

    private final AtomicLong millis = new AtomicLong(1_000_000);

    @Test
    void offUnlessSet() {
        assertThat(limit(0, 0).isOn()).isFalse();
        assertThat(limit(0, 0).take(TEAM, "GET /sandboxes")).isEmpty();
    }

    @Test
    void aBurstIsGrantedThenRefusedThenGrantedAgainWithTime() {
        RateLimit limit = limit(2, 3);
        assertThat(granted(limit)).isTrue();
        assertThat(granted(limit)).isTrue();
        assertThat(granted(limit)).isTrue();
        assertThat(granted(limit)).isFalse();
        millis.addAndGet(500);
        assertThat(granted(limit)).isTrue();
        assertThat(granted(limit)).isFalse();
    }

    @Test
    void aRefusalSaysWhenToComeBack() {
        RateLimit limit = limit(1, 1);
        assertThat(granted(limit)).isTrue();
        RateLimit.Left left = limit.take(TEAM, "GET /sandboxes").orElseThrow();
        assertThat(left.refusal().status()).isEqualTo(429);
        assertThat(left.refusal().retryAfterSeconds()).isEqualTo(1);
    }

    @Test
    void teamsAndRoutesHaveBucketsOfTheirOwn() {
        RateLimit limit = limit(1, 1);
        assertThat(granted(limit)).isTrue();
        assertThat(limit.take(TEAM, "GET /templates").orElseThrow().granted()).isTrue();
        assertThat(limit.take(new UUID(0, 2), "GET /sandboxes").orElseThrow().granted())
                .isTrue();
    }

    private static boolean granted(RateLimit limit) {
        return limit.take(TEAM, "GET /sandboxes").orElseThrow().granted();
    }

    private RateLimit limit(int perSecond, int burst) {
        return new RateLimit(new AuthSettings(null, null, null, null, null, 100, perSecond, burst), new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return Instant.ofEpochMilli(millis.get());
            }
        });
    }
}
