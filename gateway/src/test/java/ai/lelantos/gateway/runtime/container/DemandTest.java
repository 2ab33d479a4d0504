package ai.lelantos.gateway.runtime.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class DemandTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final Demand demand = new Demand();

    @Test
    void nothingAskedNothingKept() {
        assertThat(demand.target(NOW)).isZero();
    }

    @Test
    void theBusiestTenSecondsCount() {
        for (int i = 0; i < 5; i++) {
            demand.asked(NOW);
        }
        for (int i = 0; i < 3; i++) {
            demand.asked(NOW.plusSeconds(30));
        }
        assertThat(demand.target(NOW.plusSeconds(60))).isEqualTo(5);
    }

    @Test
    void demandIsForgottenAfterTenMinutes() {
        demand.asked(NOW);
        assertThat(demand.target(NOW.plusSeconds(599))).isOne();
        assertThat(demand.target(NOW.plusSeconds(620))).isZero();
    }

    @Test
    void whatTheOwnerWantsWarmStaysWarm() {
        demand.pin();
        assertThat(demand.target(NOW.plusSeconds(100_000))).isEqualTo(Demand.PINNED);
    }
}
