package ai.lelantos.envd.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BudgetTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000); // a clock that overflows is a clock
    private final Budget budget = new Budget(now::get);

    private long taken(int asked) {
        return IntStream.range(0, asked).filter(_ -> budget.take()).count();
    }

    @Test
    void manyAtOnceThenFewForLong() {
        assertThat(taken(5_000)).isEqualTo(Budget.AT_ONCE_MAX);
        now.addAndGet(1_000_000_000);
        assertThat(taken(5_000)).isEqualTo(Budget.PER_SECOND);
        now.addAndGet(3_600_000_000_000L);
        assertThat(taken(5_000)).isEqualTo(Budget.AT_ONCE_MAX);
    }
}
