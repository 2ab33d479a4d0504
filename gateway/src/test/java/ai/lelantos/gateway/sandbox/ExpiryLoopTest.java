package ai.lelantos.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/// When ends are noticed, in virtual time: never before they are due, and within a tenth of a second after.
class ExpiryLoopTest {

    private static final Duration NOTICED = Duration.ofMillis(100);
    private static final Instant BEGIN = Instant.EPOCH;

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final Deadlines deadlines = new Deadlines();
    private final Map<String, Instant> expired = new LinkedHashMap<>();

    @BeforeEach
    void virtually() {
        var _ = VirtualTimeScheduler.set(time);
    }

    @AfterEach
    void again() {
        VirtualTimeScheduler.reset();
    }

    @Test
    void anEndIsNoticedInTimeAndNeverBefore() {
        for (int millis = 1; millis < 300; millis += 7) {
            deadlines.put("s" + millis, BEGIN.plusMillis(millis));
        }
        int all = deadlines.size();
        try (var loop = new ExpiryLoop(deadlines, clock(), this::expire)) {
            assertThat(loop).isNotNull();
            time.advanceTimeBy(Duration.ofMillis(300).plus(NOTICED));
        }
        assertThat(expired).hasSize(all);
        expired.forEach((id, at) -> {
            Instant due = BEGIN.plusMillis(Integer.parseInt(id.substring(1)));
            assertThat(at).as(id).isBetween(due, due.plus(NOTICED));
        });
    }

    @Test
    void aThousandAtOnceAreNoticedTogether() {
        IntStream.range(0, 1_000).forEach(i -> deadlines.put("s" + i, BEGIN.plusSeconds(5)));
        try (var loop = new ExpiryLoop(deadlines, clock(), this::expire)) {
            assertThat(loop).isNotNull();
            time.advanceTimeBy(Duration.ofSeconds(5).minusMillis(1));
            assertThat(expired).isEmpty();
            time.advanceTimeBy(NOTICED);
            assertThat(expired).hasSize(1_000);
        }
    }

    @Test
    void anEndThatWasMovedIsNoticedWhereItIsNow() {
        deadlines.put("later", BEGIN.plusSeconds(1));
        deadlines.put("sooner", BEGIN.plusSeconds(60));
        deadlines.put("never", BEGIN.plusSeconds(1));
        try (var loop = new ExpiryLoop(deadlines, clock(), this::expire)) {
            assertThat(loop).isNotNull();
            deadlines.put("later", BEGIN.plusSeconds(10));
            deadlines.put("sooner", BEGIN.plusSeconds(2));
            deadlines.remove("never");
            time.advanceTimeBy(Duration.ofSeconds(2).plus(NOTICED));
            assertThat(expired).containsOnlyKeys("sooner");
            time.advanceTimeBy(Duration.ofSeconds(60));
            assertThat(expired).containsOnlyKeys("sooner", "later");
        }
    }

    @Test
    void whatFailedIsTriedAgainAndHoldsUpNobody() {
        List<Instant> tries = new ArrayList<>();
        deadlines.put("stubborn", BEGIN.plusSeconds(1));
        deadlines.put("other", BEGIN.plusSeconds(1).plusNanos(1));
        try (var loop = new ExpiryLoop(deadlines, clock(), id -> id.equals("other") ? expire(id) : refuse(tries))) {
            assertThat(loop).isNotNull();
            time.advanceTimeBy(Duration.ofSeconds(1).plus(NOTICED));
            assertThat(expired).containsOnlyKeys("other");
            time.advanceTimeBy(Duration.ofSeconds(3));
        }
        assertThat(tries).hasSizeBetween(3, 4);
    }

    @Test
    void oneThatTakesLongHoldsUpNobody() {
        deadlines.put("slow", BEGIN.plusSeconds(1));
        deadlines.put("next", BEGIN.plusSeconds(2));
        try (var loop = new ExpiryLoop(deadlines, clock(), id -> id.equals("slow") ? Mono.never() : expire(id))) {
            assertThat(loop).isNotNull();
            time.advanceTimeBy(Duration.ofSeconds(2).plus(NOTICED));
        }
        assertThat(expired).containsOnlyKeys("next");
    }

    private Mono<Void> expire(String id) {
        return Mono.fromRunnable(() -> expired.put(id, clock().instant()));
    }

    private Mono<Void> refuse(List<Instant> tries) {
        return Mono.defer(() -> {
            tries.add(clock().instant());
            return Mono.error(new IllegalStateException("not now"));
        });
    }

    private Clock clock() {
        return new Clock() {
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
                return BEGIN.plusNanos(time.now(TimeUnit.NANOSECONDS));
            }
        };
    }
}
