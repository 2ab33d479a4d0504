package ai.lelantos.envd.linux;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/// Memory the kernel can read and write, for one thread, given back the moment it is closed.
public final class NativeBuffer implements AutoCloseable {

    private final Arena arena = Arena.ofConfined();
    private final ByteBuffer bytes;

    public NativeBuffer(int size) {
        bytes = arena.allocate(size).asByteBuffer();
    }

    public ByteBuffer bytes() {
        return bytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}
