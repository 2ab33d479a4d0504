package ai.lelantos.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.PoolState;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExpositionTest {

    @Test
    void everySeriesHasItsTypeAndEveryPoolItsLine() {
        String page = Exposition.of(3, 1_000, 2.5, List.of(new PoolState("base 2cpu", 1, 2, 4, 10, 5)));
        assertThat(page.lines())
                .contains(
                        "# TYPE lelantos_sandboxes gauge",
                        "lelantos_sandboxes 3",
                        "lelantos_heap_bytes 1000",
                        "lelantos_uptime_seconds 2.5",
                        "# TYPE lelantos_pool_hits_total counter",
                        "lelantos_pool_ready{pool=\"base 2cpu\"} 1",
                        "lelantos_pool_making{pool=\"base 2cpu\"} 2",
                        "lelantos_pool_target{pool=\"base 2cpu\"} 4",
                        "lelantos_pool_hits_total{pool=\"base 2cpu\"} 10",
                        "lelantos_pool_misses_total{pool=\"base 2cpu\"} 5");
        assertThat(page).endsWith("\n");
    }

    @Test
    void aNameCannotBreakOutOfItsLabel() {
        assertThat(Exposition.of(0, 0, 0, List.of(new PoolState("a\"} 1\nb\\", 0, 0, 0, 0, 0))))
                .contains("lelantos_pool_ready{pool=\"a\\\"} 1\\nb\\\\\"} 0\n");
    }
}
