package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayFromTest {

    @Test
    void theThreeWaysToAsk() {
        assertThat(ReplayFrom.parse(" Start ")).isEqualTo(new ReplayFrom.Start());
        assertThat(ReplayFrom.parse("now")).isEqualTo(new ReplayFrom.Now());
        assertThat(ReplayFrom.parse("42")).isEqualTo(new ReplayFrom.Offset(42));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "begin", "1.5", "99999999999999999999"})
    void anythingElseIsRefusedWithWhatIsExpected(String header) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReplayFrom.parse(header))
                .withMessage(
                        "invalid lelantos-replay header '" + header + "': expected start, now or an offset in bytes");
    }

    @Test
    void aKeepaliveIntervalIsSecondsAnd90WithoutOne() {
        assertThat(Broadcast.interval("50")).isEqualTo(Duration.ofSeconds(50));
        for (String odd : new String[] {null, "", "0", "-5", "soon", "1.5", "99999999999"}) {
            assertThat(Broadcast.interval(odd)).as(odd).isEqualTo(Duration.ofSeconds(90));
        }
    }
}
