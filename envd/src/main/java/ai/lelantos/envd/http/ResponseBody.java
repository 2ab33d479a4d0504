package ai.lelantos.envd.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpResponseWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// An answer's bytes as a blocking stream: one piece is on its way while the next is made, and no more.
public final class ResponseBody extends OutputStream {

    private static final int PIECE_BYTES_MAX = 128 << 10;

    private final HttpResponseWriter response;
    private final ByteBufAllocator buffers;
    private CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);

    ResponseBody(HttpResponseWriter response, ByteBufAllocator buffers) {
        this.response = response;
        this.buffers = buffers;
    }

    /// Where the bytes of an answer come from: fills the buffer as far as it can, or returns -1 at the end.
    @FunctionalInterface
    public interface Source {
        int read(ByteBuffer into) throws IOException;
    }

    /// Sends everything the source has.
    public void send(Source source) throws IOException {
        var _ = send(source, Long.MAX_VALUE);
    }

    /// Sends so many bytes of the source; returns how many it had.
    public long send(Source source, long bytesMax) throws IOException {
        long done = 0;
        while (done < bytesMax) {
            ByteBuf piece = buffers.directBuffer(PIECE_BYTES_MAX, PIECE_BYTES_MAX);
            int count = -1;
            try {
                int room = (int) Math.min(PIECE_BYTES_MAX, bytesMax - done);
                count = source.read(piece.internalNioBuffer(0, room));
            } finally {
                if (count < 0) {
                    var _ = piece.release();
                }
            }
            if (count < 0) {
                return done;
            }
            push(HttpData.wrap(piece.writerIndex(count)));
            done += count;
        }
        return done;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0) {
            push(HttpData.copyOf(bytes, offset, length));
        }
    }

    private void push(HttpData piece) throws IOException {
        try {
            var _ = sent.get();
        } catch (ExecutionException | InterruptedException _) {
            piece.close();
            throw new ClientLeft("before its answer was whole");
        }
        if (!response.tryWrite(piece)) {
            throw new ClientLeft("before its answer was whole");
        }
        sent = response.whenConsumed();
    }

    @Override
    public void close() {
        response.close();
    }
}
