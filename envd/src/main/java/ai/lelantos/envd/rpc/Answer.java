package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Envelope;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.ResponseHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// The answer on its way out: handlers add from any thread, the event loop takes what the client's speed allows.
/// Envelopes that wait at the same time leave in one buffer; none waits for another to come.
final class Answer implements Publisher<HttpObject>, Subscription {

    /// With more than this waiting the answer is not ready: the handler has to wait.
    static final int WAITING_BYTES_MAX = 64 << 10;

    /// What leaves in one buffer, if it is more than one envelope.
    private static final int BUFFER_BYTES_MAX = 64 << 10;

    private final EventLoop eventLoop;
    private final ByteBufAllocator buffers;
    private final Runnable onReady;
    private final Runnable onCancel;

    private final Object lock = new Object();
    private final ArrayDeque<Envelope> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private long demand;
    private @Nullable ResponseHeaders head;
    private @Nullable HttpData body;
    private @Nullable HttpHeaders trailers;
    private boolean ended;
    private boolean over;
    private boolean scheduled;

    private @Nullable Subscriber<? super HttpObject> subscriber;
    private boolean draining;

    Answer(EventLoop eventLoop, ByteBufAllocator buffers, Runnable onReady, Runnable onCancel) {
        this.eventLoop = eventLoop;
        this.buffers = buffers;
        this.onReady = onReady;
        this.onCancel = onCancel;
    }

    void head(ResponseHeaders head) {
        synchronized (lock) {
            this.head = head;
        }
        wake();
    }

    void add(Envelope envelope) {
        synchronized (lock) {
            if (over) {
                return;
            }
            waiting.add(envelope);
            waitingBytes += envelope.size();
        }
        wake();
    }

    void end(HttpHeaders trailers) {
        synchronized (lock) {
            this.trailers = trailers.isEmpty() ? null : trailers;
            ended = true;
        }
        wake();
    }

    /// A whole unary answer at once.
    void whole(ResponseHeaders head, HttpData body) {
        synchronized (lock) {
            this.head = head;
            this.body = body.isEmpty() ? null : body;
            ended = true;
        }
        wake();
    }

    boolean isReady() {
        synchronized (lock) {
            return waitingBytes < WAITING_BYTES_MAX;
        }
    }

    @Override
    public void subscribe(Subscriber<? super HttpObject> subscriber) {
        this.subscriber = subscriber;
        subscriber.onSubscribe(this);
    }

    @Override
    public void request(long n) {
        synchronized (lock) {
            demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
        }
        if (eventLoop.inEventLoop()) {
            drain();
        } else {
            wake();
        }
    }

    @Override
    public void cancel() {
        boolean early;
        synchronized (lock) {
            early = !over;
            over = true;
            waiting.clear();
            waitingBytes = 0;
        }
        if (early) {
            onCancel.run();
        }
    }

    /// One pending wake-up is enough, however many messages come before the event loop gets to it.
    private void wake() {
        synchronized (lock) {
            if (scheduled || over) {
                return;
            }
            scheduled = true;
        }
        eventLoop.execute(this::awake);
    }

    private void awake() {
        synchronized (lock) {
            scheduled = false;
        }
        drain();
    }

    /// On the event loop only. A subscriber asks for more inside `onNext`: that call returns at once and the loop
    /// here goes on, or a long run of messages would end as a stack overflow.
    private void drain() {
        if (draining || subscriber == null) {
            return;
        }
        draining = true;
        try {
            while (step(subscriber)) {}
        } finally {
            draining = false;
        }
    }

    private boolean step(Subscriber<? super HttpObject> to) {
        HttpObject next;
        boolean nowReady = false;
        synchronized (lock) {
            if (over) {
                return false;
            }
            if (isFinished()) {
                over = true;
                next = null;
            } else if (demand == 0 || !hasNext()) {
                return false;
            } else {
                demand--;
                boolean wasReady = waitingBytes < WAITING_BYTES_MAX;
                next = take();
                nowReady = !wasReady && waitingBytes < WAITING_BYTES_MAX;
            }
        }
        if (next == null) {
            to.onComplete();
            return false;
        }
        to.onNext(next);
        if (nowReady) {
            onReady.run();
        }
        return true;
    }

    private boolean isFinished() {
        return ended && !hasNext();
    }

    private boolean hasNext() {
        return head != null || body != null || !waiting.isEmpty() || (ended && trailers != null);
    }

    private @Nullable HttpObject take() {
        if (head != null) {
            HttpObject next = head;
            head = null;
            return next;
        }
        if (body != null) {
            HttpObject next = body;
            body = null;
            return next;
        }
        if (!waiting.isEmpty()) {
            return takeEnvelopes();
        }
        HttpObject next = trailers;
        trailers = null;
        return next;
    }

    private HttpData takeEnvelopes() {
        int bytes = 0;
        int count = 0;
        for (Envelope envelope : waiting) {
            if (count > 0 && bytes + envelope.size() > BUFFER_BYTES_MAX) {
                break;
            }
            bytes += (int) envelope.size();
            count++;
        }
        waitingBytes -= bytes;
        ByteBuf buffer = buffers.directBuffer(bytes);
        for (int i = 0; i < count; i++) {
            write(waiting.remove(), buffer);
        }
        return HttpData.wrap(buffer);
    }

    private static void write(Envelope envelope, ByteBuf buffer) {
        buffer.writeByte(envelope.flags());
        buffer.writeInt(envelope.payload().size());
        for (ByteBuffer part : envelope.payload().asReadOnlyByteBufferList()) {
            buffer.writeBytes(part);
        }
    }
}
