package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Envelope;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpHeadersBuilder;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One RPC from its headers to its end: the bridge between the wire and a grpc-java handler.
/// The handler runs on a virtual thread, or on the event loop if it said that it never waits ([NeverWaits]); the wire
/// is
/// touched on the event loop only, by [Inbound] and [Answer].
final class ServedCall<Q, R> extends ServerCall<Q, R> implements Call, Inbound.Sink {

    static final Context.Key<ServedCall<?, ?>> CURRENT = Context.key("lelantos-call");

    private final RpcMethod<Q, R> method;
    private final Protocol protocol;
    private final RequestHeaders headers;
    private final RequestDecoder<Q> decoder;
    private final AnswerEncoder encoder;
    private final Optional<Duration> timeout;
    private final EventLoop eventLoop;
    private final Answer answer;
    private final Inbound inbound;
    private final Serial handler;
    private final Context.CancellableContext context;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private CallState state = CallState.OPEN;
    private final List<Runnable> hooks = new ArrayList<>();
    private final HttpHeadersBuilder answerHeaders = HttpHeaders.builder();
    private final HttpHeadersBuilder answerTrailers = HttpHeaders.builder();
    private boolean headSent;
    private boolean readyPending;
    private int messagesSent;
    private @Nullable ByteString unaryAnswer;

    // Event loop only.
    private @Nullable Envelope onlyMessage;
    private @Nullable Future<?> deadline;
    private Runnable onOver = () -> {};

    // Handler thread only.
    private ServerCall.@Nullable Listener<Q> listener;

    /// Reads the headers; throws a [ConnectFailure] for those that the protocol forbids.
    ServedCall(
            ServiceRequestContext ctx,
            HttpRequest request,
            RpcMethod<Q, R> method,
            Protocol protocol,
            RpcLimits limits) {
        this.method = method;
        this.protocol = protocol;
        headers = request.headers();
        protocol.check(headers);
        decoder = new RequestDecoder<>(method, protocol, protocol.requestEncoding(headers), limits.messageBytesMax());
        encoder = new AnswerEncoder(protocol.codec(), protocol.answerEncoding(headers));
        timeout = protocol.timeout(headers).filter(Duration::isPositive);
        eventLoop = ctx.eventLoop().withoutContext();
        answer = new Answer(eventLoop, ctx.alloc(), this::ready, this::gone);
        inbound = protocol instanceof Protocol.Unary
                ? Inbound.bare(eventLoop, this, limits.messageBytesMax())
                : Inbound.enveloped(eventLoop, this, limits.messageBytesMax());
        handler = method.neverWaits() ? Serial.on(eventLoop) : Serial.onThreads("rpc " + method.path());
        context = Context.ROOT.withValue(CURRENT, this).withCancellation();
    }

    static ServedCall<?, ?> served() {
        return Objects.requireNonNull(CURRENT.get(), "no RPC is served on this thread");
    }

    /// Runs when the call is over, whoever ended it; set before [#start].
    void onOver(Runnable onOver) {
        this.onOver = onOver;
    }

    HttpResponse start(HttpRequest request) {
        timeout.ifPresent(
                left -> deadline = eventLoop.schedule(this::deadlinePassed, left.toNanos(), TimeUnit.NANOSECONDS));
        if (protocol instanceof ConnectGet get) {
            onlyMessage = Envelope.of(get.message());
            end();
            return HttpResponse.of(answer);
        }
        if (method.takesOneMessage()) {
            inbound.want(2); // the second, if it comes, is the client's error
        } else {
            // Ahead of the subscription: an empty body ends while it is being subscribed to.
            handle(() -> {
                listener = startCall();
                listener.onReady();
            });
        }
        request.subscribe(inbound, eventLoop);
        return HttpResponse.of(answer);
    }

    // ---- the wire tells, on the event loop

    @Override
    public void message(Envelope envelope) {
        if (!method.takesOneMessage()) {
            handle(() -> {
                Q message = decoder.decode(envelope);
                listener().onMessage(message);
            });
        } else if (onlyMessage == null) {
            onlyMessage = envelope;
        } else {
            fault(ConnectError.of(Code.UNIMPLEMENTED, method.path() + " takes one message, got more"));
        }
    }

    @Override
    public void end() {
        if (!method.takesOneMessage()) {
            handle(() -> listener().onHalfClose());
            return;
        }
        Envelope only = onlyMessage;
        if (only == null) {
            fault(ConnectError.of(Code.UNIMPLEMENTED, method.path() + " takes one message, got none"));
            return;
        }
        onlyMessage = null;
        handle(() -> {
            Q message = decoder.decode(only);
            listener = startCall();
            listener.onReady();
            listener.onMessage(message);
            listener.onHalfClose();
        });
    }

    @Override
    public void fault(ConnectError error) {
        if (finish(CallState.CLOSED, error)) {
            cancelHandler(Status.CANCELLED.withDescription(error.message()));
        }
    }

    @Override
    public void gone() {
        if (finish(CallState.LEFT, null)) {
            cancelHandler(Status.CANCELLED.withDescription("the client left"));
        }
    }

    private void deadlinePassed() {
        if (finish(CallState.TIMED_OUT, ConnectError.of(Code.DEADLINE_EXCEEDED, "context deadline exceeded"))) {
            cancelHandler(Status.DEADLINE_EXCEEDED);
        }
    }

    private void ready() {
        lock.lock();
        try {
            changed.signalAll();
            if (readyPending) {
                return; // a handler that is a long loop would let these pile up
            }
            readyPending = true;
        } finally {
            lock.unlock();
        }
        handle(() -> {
            lock.lock();
            try {
                readyPending = false;
            } finally {
                lock.unlock();
            }
            listener().onReady();
        });
    }

    private void cancelHandler(Status why) {
        context.cancel(why.asRuntimeException());
        handler.run(() -> {
            if (listener != null) {
                guarded(() -> listener().onCancel());
            }
        });
    }

    // ---- the handler, on its thread

    private ServerCall.Listener<Q> startCall() {
        return method.definition().getServerCallHandler().startCall(this, Metadatas.of(headers));
    }

    private ServerCall.Listener<Q> listener() {
        return Objects.requireNonNull(listener, "a call speaks only after it started");
    }

    private void handle(Runnable step) {
        handler.run(() -> {
            if (!isOver()) {
                guarded(step);
            }
        });
    }

    private void guarded(Runnable step) {
        try {
            context.run(step);
        } catch (ClientGone _) {
            // What a handler's loop ends with; nobody is left to tell.
        } catch (RuntimeException | Error thrown) {
            ConnectError error = GrpcStatus.thrown(thrown, method.path());
            if (finish(CallState.CLOSED, error)) {
                context.cancel(thrown);
            }
        }
    }

    @Override
    public void request(int messages) {
        if (!method.takesOneMessage()) {
            inbound.want(messages);
        }
    }

    @Override
    public void sendHeaders(Metadata metadata) {
        lock.lock();
        try {
            Metadatas.addTo(answerHeaders, metadata);
            if (state == CallState.OPEN && protocol instanceof Protocol.Enveloped enveloped) {
                sendHead(enveloped);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void sendMessage(R message) {
        Runnable send = switch (protocol) {
            case Protocol.Unary _ -> {
                ByteString body = encoder.body((Message) message);
                yield () -> unaryAnswer = body;
            }
            case Protocol.Enveloped enveloped -> {
                Frame frame = encoder.frame((Message) message);
                yield () -> {
                    sendHead(enveloped);
                    answer.add(frame);
                };
            }
        };
        lock.lock();
        try {
            if (state == CallState.OPEN) {
                messagesSent++;
                send.run();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close(Status status, Metadata metadata) {
        lock.lock();
        try {
            Metadatas.addTo(answerTrailers, metadata);
        } finally {
            lock.unlock();
        }
        ConnectError error = GrpcStatus.error(status, metadata, method.path());
        if (error == null && method.givesOneMessage() && messagesSent != 1) {
            error = GrpcStatus.thrown(
                    new IllegalStateException("expected one message to answer with, got " + messagesSent),
                    method.path());
        }
        if (finish(CallState.CLOSED, error)) {
            handler.run(() -> {
                if (listener != null) {
                    guarded(() -> listener().onComplete());
                }
                context.cancel(null); // lets go of whatever waits for the context's end
            });
        }
    }

    @Override
    public boolean isReady() {
        return !isOver() && answer.isReady();
    }

    @Override
    public boolean isCancelled() {
        return clientLeft();
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
        return method.descriptor();
    }

    /// Waits until the client can take a message.
    void awaitReady() {
        lock.lock();
        try {
            while (state == CallState.OPEN && !answer.isReady()) {
                if (eventLoop.inEventLoop()) {
                    throw new IllegalStateException(
                            method.path() + " said that it never waits, and its client is slow");
                }
                changed.awaitUninterruptibly();
            }
            state.requireOpen();
        } finally {
            lock.unlock();
        }
    }

    // ---- the end

    /// Ends the call once; false if something else ended it before.
    private boolean finish(CallState how, @Nullable ConnectError error) {
        List<Runnable> ending;
        lock.lock();
        try {
            if (state != CallState.OPEN) {
                return false;
            }
            state = how;
            changed.signalAll();
            if (how == CallState.LEFT) {
                answer.cancel();
            } else {
                sendEnd(error);
            }
            ending = List.copyOf(hooks);
            hooks.clear();
        } finally {
            lock.unlock();
        }
        if (timeout.isPresent()) {
            eventLoop.execute(() -> {
                if (deadline != null) {
                    deadline.cancel(false);
                }
            });
        }
        onOver.run();
        if (!ending.isEmpty()) {
            Thread.ofVirtual().name("end of rpc " + method.path()).start(() -> ending.forEach(this::guarded));
        }
        return true;
    }

    private void sendHead(Protocol.Enveloped enveloped) {
        if (!headSent) {
            headSent = true;
            answer.head(enveloped.head(answerHeaders.build(), encoder.encoding()));
        }
    }

    private void sendEnd(@Nullable ConnectError error) {
        HttpHeaders trailers = answerTrailers.build();
        switch (protocol) {
            case Protocol.Enveloped enveloped -> {
                sendHead(enveloped);
                Protocol.Ending ending = enveloped.end(error, trailers);
                if (ending.last() != null) {
                    answer.add(new Frame.Encoded(ending.last()));
                }
                answer.end(ending.trailers());
            }
            case Protocol.Unary unary -> {
                HttpHeaders own = answerHeaders.build();
                ByteString body = error == null
                        ? Objects.requireNonNull(unaryAnswer, "success has an answer")
                        : ByteString.copyFromUtf8(error.toJson());
                answer.whole(
                        error == null
                                ? unary.success(own, trailers, encoder.encoding(), body.size())
                                : unary.failure(error, own, trailers, body.size()),
                        HttpData.wrap(body.toByteArray()));
            }
        }
    }

    // ---- facts for the handler

    @Override
    public String path() {
        return method.path();
    }

    @Override
    public @Nullable String header(String name) {
        return headers.get(name);
    }

    @Override
    public List<Map.Entry<String, String>> headers() {
        return headers.stream()
                .filter(each -> each.getKey().charAt(0) != ':')
                .map(each -> Map.entry(each.getKey().toString(), each.getValue()))
                .toList();
    }

    @Override
    public boolean isGet() {
        return protocol instanceof ConnectGet;
    }

    @Override
    public Optional<Duration> timeout() {
        return timeout;
    }

    @Override
    public boolean clientLeft() {
        CallState now = state();
        return now == CallState.LEFT || now == CallState.TIMED_OUT;
    }

    boolean isOver() {
        return state() != CallState.OPEN;
    }

    private CallState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onEnd(Runnable hook) {
        lock.lock();
        try {
            if (state == CallState.OPEN) {
                hooks.add(hook);
                return;
            }
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("end of rpc " + method.path()).start(() -> guarded(hook));
    }

    @Override
    public void answerHeader(String name, String value) {
        lock.lock();
        try {
            if (headSent) {
                throw new IllegalStateException("answer header " + name + " comes after the head was sent");
            }
            answerHeaders.add(name, value);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void trailer(String name, String value) {
        lock.lock();
        try {
            answerTrailers.add(name, value);
        } finally {
            lock.unlock();
        }
    }
}
