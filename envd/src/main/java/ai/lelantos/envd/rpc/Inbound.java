package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.connect.EnvelopeCutter;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// The request on its way in: reads from the client only while the handler wants a message.
/// Everything here happens on the event loop.
final class Inbound implements Subscriber<HttpObject> {

    /// Who takes what came, on the event loop.
    interface Sink {

        void message(Envelope envelope);

        void end();

        void fault(ConnectError error);

        void gone();
    }

    private final EventLoop eventLoop;
    private final Sink sink;
    private final Body body;
    private @Nullable Subscription subscription;
    private int wanted;
    private boolean asked;
    private boolean ended;
    private boolean over;

    private Inbound(EventLoop eventLoop, Sink sink, Body body) {
        this.eventLoop = eventLoop;
        this.sink = sink;
        this.body = body;
    }

    static Inbound enveloped(EventLoop eventLoop, Sink sink, int messageBytesMax) {
        return new Inbound(eventLoop, sink, new Cut(new EnvelopeCutter(messageBytesMax, Envelope.COMPRESSED)));
    }

    /// The whole body is one message.
    static Inbound bare(EventLoop eventLoop, Sink sink, int messageBytesMax) {
        return new Inbound(eventLoop, sink, new Bare(messageBytesMax));
    }

    /// The handler can take this many more; from any thread.
    void want(int messages) {
        if (eventLoop.inEventLoop()) {
            wanted = Math.max(wanted + messages, wanted);
            pump();
        } else {
            eventLoop.execute(() -> want(messages));
        }
    }

    @Override
    public void onSubscribe(Subscription subscription) {
        this.subscription = subscription;
        pump();
    }

    @Override
    public void onNext(HttpObject object) {
        asked = false;
        // Anything but data is the block of request trailers, which no protocol here gives a meaning.
        if (object instanceof HttpData data && !over) {
            body.feed(UnsafeByteOperations.unsafeWrap(data.array()));
        }
        pump();
    }

    @Override
    public void onError(Throwable cause) {
        if (!over) {
            over = true;
            sink.gone();
        }
    }

    @Override
    public void onComplete() {
        ended = true;
        pump();
    }

    private void pump() {
        if (over || subscription == null) {
            return;
        }
        try {
            while (wanted > 0) {
                Envelope next = body.next(ended);
                if (next == null) {
                    break;
                }
                wanted--;
                sink.message(next);
            }
            if (ended && body.finished()) {
                over = true;
                sink.end();
                return;
            }
        } catch (ConnectFailure e) {
            over = true;
            sink.fault(e.error());
            return;
        }
        if (wanted > 0 && !asked && !ended) {
            asked = true;
            subscription.request(1);
        }
    }

    private interface Body {

        void feed(ByteString piece);

        @Nullable
        Envelope next(boolean ended);

        /// Nothing more will come of it, the body having ended; throws when something was cut off.
        boolean finished();
    }

    private record Cut(EnvelopeCutter cutter) implements Body {

        @Override
        public void feed(ByteString piece) {
            cutter.feed(piece);
        }

        @Override
        public @Nullable Envelope next(boolean ended) {
            return cutter.next();
        }

        @Override
        public boolean finished() {
            if (cutter.holdsWhole()) {
                return false;
            }
            cutter.finish();
            return true;
        }
    }

    private static final class Bare implements Body {

        private final int bytesMax;
        private final List<ByteString> pieces = new ArrayList<>();
        private long bytes;
        private boolean taken;

        private Bare(int bytesMax) {
            this.bytesMax = bytesMax;
        }

        @Override
        public void feed(ByteString piece) {
            bytes += piece.size();
            if (bytes <= bytesMax) {
                pieces.add(piece);
            }
        }

        @Override
        public @Nullable Envelope next(boolean ended) {
            if (bytes > bytesMax) {
                throw ConnectError.of(Code.RESOURCE_EXHAUSTED, "message size is larger than configured max " + bytesMax)
                        .toFailure();
            }
            if (!ended || taken) {
                return null;
            }
            taken = true;
            return Envelope.of(ByteString.copyFrom(pieces));
        }

        @Override
        public boolean finished() {
            return taken;
        }
    }
}
