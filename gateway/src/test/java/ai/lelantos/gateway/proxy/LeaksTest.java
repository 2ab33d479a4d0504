package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

/// That the watch for leaks would see one.
class LeaksTest {

    @Test
    void aBufferThatNobodyReleasedIsReported() {
        try (var leaks = new Leaks()) {
            forget();
            assertThat(leaks.reports()).hasSize(1);
        }
    }

    private static void forget() {
        var _ = ByteBufAllocator.DEFAULT.directBuffer(16).writeLong(1);
    }
}
