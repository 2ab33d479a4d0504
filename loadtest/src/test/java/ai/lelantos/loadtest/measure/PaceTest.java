package ai.lelantos.loadtest.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PaceTest {

    @Test
    void countedWorkIsDoneExactlyThatOften() {
        var done = new AtomicInteger();
        Row row = Pace.count(7, 100, done::incrementAndGet).row("s", "n", 7);
        assertThat(done).hasValue(100);
        assertThat(row.count()).isEqualTo(100);
    }

    @Test
    void failuresAreCountedWithTheirMessageAndNotAsSuccesses() {
        var turn = new AtomicInteger();
        Row row = Pace.count(2, 10, () -> {
                    if (turn.getAndIncrement() % 2 == 0) {
                        throw new IllegalStateException("odd one out");
                    }
                    return turn;
                })
                .row("s", "n", 2);
        assertThat(row.count()).isEqualTo(5);
        assertThat(row.failed()).isEqualTo(5);
        assertThat(row.failures()).containsEntry("odd one out", 5L);
    }

    @Test
    void allWorkersOfABurstAreInFlightTogether() {
        var together = new CountDownLatch(50);
        Samples samples = Pace.count(50, 50, () -> {
            together.countDown();
            if (!together.await(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("somebody waited for somebody else to end");
            }
            return together;
        });
        assertThat(samples.failed()).isZero();
    }

    @Test
    void aStallIsChargedToEverybodyWhoWouldHaveComeMeanwhile() {
        var gate = new CountDownLatch(1);
        var came = new AtomicInteger();
        Row row = Pace.rate(200, Duration.ofMillis(500), () -> {
                    if (came.incrementAndGet() == 80) {
                        gate.countDown();
                    }
                    return gate.await(20, TimeUnit.SECONDS);
                })
                .row("s", "n", 1);
        assertThat(row.count()).isEqualTo(100);
        assertThat(row.maxMs())
                .as("the first waited for the eightieth, 79 intervals of 5 ms later")
                .isGreaterThan(350);
    }
}
