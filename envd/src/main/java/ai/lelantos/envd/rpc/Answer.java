package ai.lelantos.envd.rpc;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.ResponseHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// The answer on its way out: handlers add from any thread, the event loop takes what the client's speed allows.
/// Envelopes that wait at the same time leave in one buffer; none waits for another to come.
final class Answer implements Publisher<HttpObject>, Subscription {

    /// With this much waiting the answer is not ready, and the handler has to wait until half of it has left: a handler
    /// that is woken for each message spends more on waking than on sending.
    static final int WAITING_BYTES_MAX = 256 << 10;

    /// What may wait for all clients together; beyond it each has one message waiting at most.
    private static final long ALL_BYTES_MAX = 8 << 20;

    private static final AtomicLong ALL_BYTES = new AtomicLong();

    /// What leaves in one buffer, if it is more than one envelope.
    private static final int BUFFER_BYTES_MAX = 64 << 10;

    private final EventLoop eventLoop;
    private final ByteBufAllocator buffers;
    private final Runnable onReady;
    private final Runnable onCancel;

    private final Object lock = new Object();
    private final ArrayDeque<Frame> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private boolean full;
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

    void add(Frame frame) {
        synchronized (lock) {
            if (over) {
                return;
            }
            waiting.add(frame);
            count(frame.size());
            full |= waitingBytes >= WAITING_BYTES_MAX || ALL_BYTES.get() >= ALL_BYTES_MAX;
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
            return !full;
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
            count(-waitingBytes);
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
        } catch (RuntimeException | Error e) {
            cancel(); // a stream with a hole must not go on, nor its handler
            subscriber.onError(e);
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
                next = take();
                nowReady = full && hasRoom();
                full &= !nowReady;
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

    private boolean hasRoom() {
        return waitingBytes == 0 || (waitingBytes <= WAITING_BYTES_MAX / 2 && ALL_BYTES.get() < ALL_BYTES_MAX);
    }

    private void count(long change) {
        waitingBytes += change;
        long _ = ALL_BYTES.addAndGet(change);
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
            return takeFrames();
        }
        HttpObject next = trailers;
        trailers = null;
        return next;
    }

    private HttpData takeFrames() {
        int bytes = 0;
        int count = 0;
        for (Frame frame : waiting) {
            if (count > 0 && bytes + frame.size() > BUFFER_BYTES_MAX) {
                break;
            }
            bytes += (int) frame.size();
            count++;
        }
        count(-bytes);
        ByteBuf buffer = buffers.directBuffer(bytes);
        try {
            for (int i = 0; i < count; i++) {
                waiting.remove().writeTo(buffer);
            }
            return HttpData.wrap(buffer);
        } catch (RuntimeException | Error e) {
            buffer.release();
            throw e;
        }
    }
}
