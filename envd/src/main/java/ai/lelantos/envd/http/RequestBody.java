package ai.lelantos.envd.http;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// A request's bytes as a blocking stream: at most a few pieces wait here, then the client has to.
public final class RequestBody extends InputStream {

    /// Pieces asked for ahead of the reader; each is what one read of the socket gave.
    private static final int PIECES_AHEAD = 4;

    private final HttpRequest request;
    private final EventExecutor executor;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<HttpData> pieces = new ArrayDeque<>();
    private @Nullable Subscription subscription;
    private @Nullable Throwable broken;
    private boolean ended;
    private boolean closed;
    private boolean subscribed;

    /// The piece being read; only the reader touches it.
    private @Nullable ByteBuf current;

    RequestBody(HttpRequest request, EventExecutor executor) {
        this.request = request;
        this.executor = executor;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        return read(ByteBuffer.wrap(into, offset, length));
    }

    /// What has arrived, as far as it fits; waits for something. -1 at the end.
    public int read(ByteBuffer into) throws IOException {
        if (!into.hasRemaining()) {
            return 0;
        }
        ByteBuf piece = next();
        if (piece == null) {
            return -1;
        }
        int count = Math.min(piece.readableBytes(), into.remaining());
        piece.readBytes(into.slice(into.position(), count));
        into.position(into.position() + count);
        return count;
    }

    /// Waits until it knows: more than 0 unless the body is over. Decompressors ask whether another member follows.
    @Override
    public int available() throws IOException {
        ByteBuf piece = next();
        return piece == null ? 0 : piece.readableBytes();
    }

    /// Reads on until the end and forgets it, so that a client that does not listen while it sends hears its answer.
    void drain(long bytesMax) {
        try {
            long left = bytesMax;
            for (ByteBuf piece = next(); piece != null && left > 0; piece = next()) {
                left -= piece.readableBytes();
                release();
            }
        } catch (IOException _) {
            // It left: then it is not going to listen either.
        }
    }

    private @Nullable ByteBuf next() throws IOException {
        while (current == null || !current.isReadable()) {
            release();
            HttpData piece = take();
            if (piece == null) {
                return null;
            }
            current = piece.byteBuf();
        }
        return current;
    }

    private @Nullable HttpData take() throws IOException {
        lock.lock();
        try {
            subscribe();
            while (pieces.isEmpty() && !ended) {
                changed.awaitUninterruptibly();
            }
            HttpData piece = pieces.poll();
            if (piece == null && broken != null) {
                throw new ClientLeft("before the body of its request was whole");
            }
            if (piece != null && !ended) {
                Objects.requireNonNull(subscription).request(1);
            }
            return piece;
        } finally {
            lock.unlock();
        }
    }

    private void subscribe() {
        if (!subscribed) {
            subscribed = true;
            request.subscribe(new Arrivals(), executor, SubscriptionOption.WITH_POOLED_OBJECTS);
        }
    }

    private void release() {
        if (current != null) {
            var _ = current.release();
            current = null;
        }
    }

    @Override
    public void close() {
        release();
        lock.lock();
        try {
            closed = true;
            pieces.forEach(HttpData::close);
            pieces.clear();
            if (subscription != null && !ended) {
                subscription.cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    private final class Arrivals implements Subscriber<HttpObject> {

        @Override
        public void onSubscribe(Subscription given) {
            lock.lock();
            try {
                subscription = given;
                given.request(PIECES_AHEAD);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onNext(HttpObject object) {
            lock.lock();
            try {
                if (object instanceof HttpData data) {
                    if (closed || data.isEmpty()) {
                        data.close();
                        Objects.requireNonNull(subscription).request(1);
                    } else {
                        pieces.add(data);
                        changed.signal();
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void onError(Throwable cause) {
            end(cause);
        }

        @Override
        public void onComplete() {
            end(null);
        }

        private void end(@Nullable Throwable cause) {
            lock.lock();
            try {
                broken = cause;
                ended = true;
                changed.signal();
            } finally {
                lock.unlock();
            }
        }
    }
}
