package ai.lelantos.envd.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// Bytes that arrive: waits for some and puts them into the buffer, or returns -1 at the end.
@FunctionalInterface
interface ByteSource {

    int read(ByteBuffer into) throws IOException;

    /// A stream of the library as such a source; its buffer need not be an array.
    static ByteSource of(InputStream in) {
        byte[] copy = new byte[32 << 10];
        return into -> {
            int count = in.read(copy, 0, Math.min(copy.length, into.remaining()));
            if (count > 0) {
                into.put(copy, 0, count);
            }
            return count;
        };
    }
}
