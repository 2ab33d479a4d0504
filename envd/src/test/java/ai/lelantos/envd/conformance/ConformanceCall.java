package ai.lelantos.envd.conformance;

import ai.lelantos.connect.client.CallFailure;
import ai.lelantos.connect.client.CallOptions;
import ai.lelantos.connect.client.ConnectClient;
import ai.lelantos.connect.client.Metadata;
import ai.lelantos.connect.client.Part;
import ai.lelantos.connect.client.UnaryAnswer;
import ai.lelantos.envd.conformance.wire.BidiStreamResponse;
import ai.lelantos.envd.conformance.wire.ClientCompatRequest;
import ai.lelantos.envd.conformance.wire.ClientCompatRequest.Cancel.CancelTimingCase;
import ai.lelantos.envd.conformance.wire.ClientResponseResult;
import ai.lelantos.envd.conformance.wire.ClientStreamResponse;
import ai.lelantos.envd.conformance.wire.ConformancePayload;
import ai.lelantos.envd.conformance.wire.ConformanceServiceGrpc;
import ai.lelantos.envd.conformance.wire.Error;
import ai.lelantos.envd.conformance.wire.Header;
import ai.lelantos.envd.conformance.wire.IdempotentUnaryResponse;
import ai.lelantos.envd.conformance.wire.ServerStreamResponse;
import ai.lelantos.envd.conformance.wire.StreamType;
import ai.lelantos.envd.conformance.wire.UnaryResponse;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ErrorDetail;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/// One call of a case: made as the case says, told as it went.
final class ConformanceCall {

    private static final int REQUESTS_MAX = 1 << 10;

    private final ClientCompatRequest request;
    private final ConnectClient connect;
    private final CallOptions options;

    ConformanceCall(ClientCompatRequest request, ConnectClient connect) {
        this.request = request;
        this.connect = connect;
        CallOptions all = CallOptions.DEFAULT;
        for (Header header : request.getRequestHeadersList()) {
            for (String value : header.getValueList()) {
                all = all.withHeader(header.getName(), value);
            }
        }
        if (request.hasTimeoutMs()) {
            all = all.withTimeout(Duration.ofMillis(request.getTimeoutMs()));
        }
        if (request.getMessageReceiveLimit() > 0) {
            all = all.withMessageBytesMax(request.getMessageReceiveLimit());
        }
        if (request.getUseGetHttpMethod()) {
            all = all.withGet();
        }
        options = request.getCompression() == ai.lelantos.envd.conformance.wire.Compression.COMPRESSION_GZIP
                ? all.withCompression(Compression.GZIP)
                : all;
    }

    ClientResponseResult run() throws InterruptedException, InvalidProtocolBufferException {
        return switch (request.getMethod()) {
            case "Unary" -> run(ConformanceServiceGrpc.getUnaryMethod(), UnaryResponse::getPayload);
            case "IdempotentUnary" ->
                run(ConformanceServiceGrpc.getIdempotentUnaryMethod(), IdempotentUnaryResponse::getPayload);
            case "Unimplemented" ->
                run(ConformanceServiceGrpc.getUnimplementedMethod(), _ -> ConformancePayload.getDefaultInstance());
            case "ServerStream" ->
                run(ConformanceServiceGrpc.getServerStreamMethod(), ServerStreamResponse::getPayload);
            case "ClientStream" ->
                run(ConformanceServiceGrpc.getClientStreamMethod(), ClientStreamResponse::getPayload);
            case "BidiStream" -> run(ConformanceServiceGrpc.getBidiStreamMethod(), BidiStreamResponse::getPayload);
            default -> throw new IllegalArgumentException("no method " + request.getMethod());
        };
    }

    private <Q extends Message, R extends Message> ClientResponseResult run(
            MethodDescriptor<Q, R> method, Function<R, ConformancePayload> payload)
            throws InterruptedException, InvalidProtocolBufferException {
        List<Q> requests = requests(method);
        if (request.getStreamType() == StreamType.STREAM_TYPE_UNARY) {
            var seen = new Seen<R>(payload);
            connect.unary(method, requests.getFirst(), options)
                    .flatMapIterable(ConformanceCall::parts)
                    .subscribe(seen);
            seen.cancelIfAsked();
            return seen.result(0);
        }
        return stream(method, requests, payload);
    }

    private <Q extends Message, R extends Message> ClientResponseResult stream(
            MethodDescriptor<Q, R> method, List<Q> requests, Function<R, ConformancePayload> payload)
            throws InterruptedException {
        Sinks.Many<Q> sink = Sinks.many().unicast().onBackpressureBuffer(new ArrayBlockingQueue<>(REQUESTS_MAX));
        var seen = new Seen<R>(payload);
        boolean many = request.getStreamType() != StreamType.STREAM_TYPE_SERVER_STREAM;
        Publisher<Q> sent = many ? sink.asFlux() : Flux.fromIterable(requests);
        connect.stream(method, sent, options).subscribe(seen);
        int unsent = 0;
        if (many) {
            boolean fullDuplex = request.getStreamType() == StreamType.STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM;
            for (Q message : requests) {
                if (seen.overWithin(request.getRequestDelayMs())) {
                    unsent++;
                    continue;
                }
                sink.emitNext(message, Sinks.EmitFailureHandler.FAIL_FAST);
                if (fullDuplex) {
                    seen.awaitMessage();
                }
            }
            if (cancelTiming() == CancelTimingCase.BEFORE_CLOSE_SEND) {
                seen.leave();
            } else {
                sink.tryEmitComplete();
            }
        }
        seen.cancelIfAsked();
        return seen.result(unsent);
    }

    private CancelTimingCase cancelTiming() {
        return request.getCancel().getCancelTimingCase();
    }

    @SuppressWarnings("unchecked") // the request's marshaller holds an example of the request
    private <Q extends Message> List<Q> requests(MethodDescriptor<Q, ?> method) throws InvalidProtocolBufferException {
        Q prototype =
                Objects.requireNonNull(((PrototypeMarshaller<Q>) method.getRequestMarshaller()).getMessagePrototype());
        var requests = new ArrayList<Q>();
        for (Any packed : request.getRequestMessagesList()) {
            requests.add((Q) prototype.getParserForType().parseFrom(packed.getValue()));
        }
        return requests;
    }

    private static <R extends Message> List<Part<R>> parts(UnaryAnswer<R> answer) {
        return List.of(
                new Part.Head<>(answer.headers()),
                new Part.Message<>(answer.message()),
                new Part.End<>(answer.trailers()));
    }

    /// What came of the call, and the hand that may end it early.
    private final class Seen<R extends Message> extends BaseSubscriber<Part<R>> {

        private final Function<R, ConformancePayload> payload;
        private final CountDownLatch over = new CountDownLatch(1);
        private final Semaphore messages = new Semaphore(0);
        private final ClientResponseResult.Builder result = ClientResponseResult.newBuilder();

        Seen(Function<R, ConformancePayload> payload) {
            this.payload = payload;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            requestUnbounded();
        }

        @Override
        protected synchronized void hookOnNext(Part<R> part) {
            switch (part) {
                case Part.Head<R>(Metadata headers) -> result.addAllResponseHeaders(wire(headers));
                case Part.End<R>(Metadata trailers) -> result.addAllResponseTrailers(wire(trailers));
                case Part.Message<R>(R message) -> {
                    result.addPayloads(payload.apply(message));
                    messages.release();
                    if (cancelTiming() == CancelTimingCase.AFTER_NUM_RESPONSES
                            && result.getPayloadsCount() == request.getCancel().getAfterNumResponses()) {
                        leave();
                    }
                }
            }
        }

        @Override
        protected void hookOnComplete() {
            finish();
        }

        @Override
        protected synchronized void hookOnError(Throwable thrown) {
            if (thrown instanceof CallFailure failure) {
                if (result.getResponseHeadersCount() == 0) {
                    result.addAllResponseHeaders(wire(failure.headers()));
                }
                result.addAllResponseTrailers(wire(failure.trailers()));
                result.setError(wire(failure.error()));
            } else {
                thrown.printStackTrace();
                result.setError(wire(ConnectError.of(Code.UNKNOWN, "no CallFailure: " + thrown)));
            }
            finish();
        }

        void cancelIfAsked() throws InterruptedException {
            if (cancelTiming() == CancelTimingCase.AFTER_CLOSE_SEND_MS
                    && !over.await(request.getCancel().getAfterCloseSendMs(), TimeUnit.MILLISECONDS)) {
                leave();
            }
        }

        /// Leaves the call, which to whoever made it is a call that was canceled.
        void leave() {
            cancel();
            synchronized (this) {
                if (over.getCount() > 0) {
                    result.setError(wire(ConnectError.of(Code.CANCELED, "left")));
                }
            }
            finish();
        }

        boolean overWithin(int millis) throws InterruptedException {
            return over.await(millis, TimeUnit.MILLISECONDS);
        }

        void awaitMessage() throws InterruptedException {
            messages.acquire();
        }

        private void finish() {
            over.countDown();
            messages.release(REQUESTS_MAX); // nobody waits for a message of a call that is over
        }

        ClientResponseResult result(int unsent) throws InterruptedException {
            over.await();
            synchronized (this) {
                return result.setNumUnsentRequests(unsent).build();
            }
        }
    }

    private static List<Header> wire(Metadata metadata) {
        return metadata.values().entrySet().stream()
                .map(entry -> Header.newBuilder()
                        .setName(entry.getKey())
                        .addAllValue(entry.getValue())
                        .build())
                .toList();
    }

    private static Error wire(ConnectError error) {
        return Error.newBuilder()
                .setCodeValue(error.code().number())
                .setMessage(error.message())
                .addAllDetails(error.details().stream().map(ErrorDetail::toAny).toList())
                .build();
    }
}
