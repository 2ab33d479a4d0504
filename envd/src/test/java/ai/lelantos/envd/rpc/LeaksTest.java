package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The control of every other test's claim that nothing leaks.
class LeaksTest {

    @Test
    void aBufferThatNobodyReleasesIsReported() {
        assertThat(Leaks.take()).isEmpty();
        leak();
        List<String> leaks = Leaks.take();
        assertThat(leaks).hasSize(1);
        assertThat(leaks.getFirst()).contains("LeaksTest.leak");
    }

    @Test
    void aBufferThatIsReleasedIsNot() {
        assertThat(Leaks.take()).isEmpty();
        ByteBufAllocator.DEFAULT.directBuffer(64).release();
        assertThat(Leaks.take()).isEmpty();
    }

    private static void leak() {
        ByteBufAllocator.DEFAULT.directBuffer(64).writeByte(1);
    }
}
