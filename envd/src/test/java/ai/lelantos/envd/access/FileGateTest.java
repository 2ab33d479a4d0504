package ai.lelantos.envd.access;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.FileSignature;
import ai.lelantos.protocol.FileSignature.Operation;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FileGateTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_000);

    private final AccessToken token = new AccessToken();
    private final FileGate gate = new FileGate(token, Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void anOpenSandboxAsksForNothing() {
        assertThat(gate.refusal("anything", "wrong", claim(OptionalLong.of(1)))).isEmpty();
    }

    @Test
    void theHeaderCountsBeforeTheLink() {
        token.replace("t");
        FileSignature claim = claim(OptionalLong.empty());
        assertThat(gate.refusal("t", "wrong", claim)).isEmpty();
        assertThat(gate.refusal("x", claim.sign("t"), claim))
                .contains("access token present in header but does not match");
        assertThat(gate.refusal("", "", claim)).contains("missing signature query parameter");
        assertThat(gate.refusal(null, claim.sign("t"), claim)).isEmpty();
    }

    @Test
    void aPlusThatBecameASpaceIsAPlus() {
        token.replace("t");
        for (int i = 0; i < 200; i++) {
            var claim = new FileSignature("f" + i, Operation.READ, "", OptionalLong.empty());
            assertThat(gate.refusal(null, claim.sign("t").replace('+', ' '), claim))
                    .isEmpty();
        }
    }

    @Test
    void theSecondOfItsEndIsStillGood() {
        token.replace("t");
        for (long end : new long[] {999, 1_000}) {
            FileSignature claim = claim(OptionalLong.of(end));
            assertThat(gate.refusal(null, claim.sign("t"), claim).isPresent()).isEqualTo(end < 1_000);
        }
        FileSignature late = claim(OptionalLong.of(1));
        assertThat(gate.refusal(null, "v1_x", late)).contains("invalid signature");
    }

    private static FileSignature claim(OptionalLong end) {
        return new FileSignature("a", Operation.WRITE, "user", end);
    }
}
