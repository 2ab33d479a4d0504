package ai.lelantos.envd.conformance;

import ai.lelantos.envd.conformance.wire.BidiStreamRequest;
import ai.lelantos.envd.conformance.wire.BidiStreamResponse;
import ai.lelantos.envd.conformance.wire.ClientStreamRequest;
import ai.lelantos.envd.conformance.wire.ClientStreamResponse;
import ai.lelantos.envd.conformance.wire.ConformancePayload;
import ai.lelantos.envd.conformance.wire.ConformancePayload.RequestInfo;
import ai.lelantos.envd.conformance.wire.ConformanceServiceGrpc.ConformanceServiceImplBase;
import ai.lelantos.envd.conformance.wire.Error;
import ai.lelantos.envd.conformance.wire.Header;
import ai.lelantos.envd.conformance.wire.IdempotentUnaryRequest;
import ai.lelantos.envd.conformance.wire.IdempotentUnaryResponse;
import ai.lelantos.envd.conformance.wire.ServerStreamRequest;
import ai.lelantos.envd.conformance.wire.ServerStreamResponse;
import ai.lelantos.envd.conformance.wire.StreamResponseDefinition;
import ai.lelantos.envd.conformance.wire.UnaryRequest;
import ai.lelantos.envd.conformance.wire.UnaryResponse;
import ai.lelantos.envd.conformance.wire.UnaryResponseDefinition;
import ai.lelantos.envd.rpc.Call;
import ai.lelantos.envd.rpc.Outbox;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ErrorDetail;
import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Answers every call the way its request asks for; `Unimplemented` is left to the generated base.
final class ConformanceService extends ConformanceServiceImplBase {

    @Override
    public void unary(UnaryRequest request, StreamObserver<UnaryResponse> answer) {
        ConformancePayload payload = single(request.getResponseDefinition(), List.of(request));
        answer.onNext(UnaryResponse.newBuilder().setPayload(payload).build());
        answer.onCompleted();
    }

    @Override
    public void idempotentUnary(IdempotentUnaryRequest request, StreamObserver<IdempotentUnaryResponse> answer) {
        ConformancePayload payload = single(request.getResponseDefinition(), List.of(request));
        answer.onNext(IdempotentUnaryResponse.newBuilder().setPayload(payload).build());
        answer.onCompleted();
    }

    @Override
    public StreamObserver<ClientStreamRequest> clientStream(StreamObserver<ClientStreamResponse> answer) {
        return new Requests<>() {
            @Override
            public void onCompleted() {
                var definition = all.isEmpty()
                        ? UnaryResponseDefinition.getDefaultInstance()
                        : all.getFirst().getResponseDefinition();
                ConformancePayload payload = single(definition, all);
                answer.onNext(
                        ClientStreamResponse.newBuilder().setPayload(payload).build());
                answer.onCompleted();
            }
        };
    }

    @Override
    public void serverStream(ServerStreamRequest request, StreamObserver<ServerStreamResponse> answer) {
        var stream = new Answers(
                request.getResponseDefinition(),
                new Outbox<>(answer),
                payload -> ServerStreamResponse.newBuilder().setPayload(payload).build());
        stream.rest(List.of(request));
    }

    @Override
    public StreamObserver<BidiStreamRequest> bidiStream(StreamObserver<BidiStreamResponse> answer) {
        var out = new Outbox<>(answer);
        return new Requests<>() {
            private @Nullable Answers stream;

            @Override
            public void onNext(BidiStreamRequest request) {
                super.onNext(request);
                if (stream == null) {
                    stream = new Answers(
                            request.getResponseDefinition(),
                            out,
                            payload -> BidiStreamResponse.newBuilder()
                                    .setPayload(payload)
                                    .build());
                }
                if (all.getFirst().getFullDuplex()) {
                    stream.one(List.of(request));
                }
            }

            @Override
            public void onCompleted() {
                if (stream == null) {
                    out.end();
                } else {
                    stream.rest(all);
                }
            }
        };
    }

    /// The requests of a stream, as they come.
    private abstract static class Requests<Q extends Message> implements StreamObserver<Q> {

        final List<Q> all = new ArrayList<>();

        @Override
        public void onNext(Q request) {
            all.add(request);
        }

        @Override
        public void onError(Throwable left) {
            // The client left; what was asked for needs no answer.
        }
    }

    /// The answers of a stream, as its first request defines them.
    private static final class Answers {

        private final StreamResponseDefinition definition;
        private final Outbox<Message> out;
        private final java.util.function.Function<ConformancePayload, Message> wrap;
        private int sent;
        private boolean ended;

        @SuppressWarnings("unchecked") // the wrapper makes what the outbox takes
        Answers(
                StreamResponseDefinition definition,
                Outbox<? extends Message> out,
                java.util.function.Function<ConformancePayload, Message> wrap) {
            this.definition = definition;
            this.out = (Outbox<Message>) out;
            this.wrap = wrap;
            headers(definition.getResponseHeadersList(), definition.getResponseTrailersList());
            this.out.open();
        }

        /// Full duplex: one answer for one request, or the end if there is none left.
        void one(List<? extends Message> requests) {
            if (sent < definition.getResponseDataCount()) {
                send(
                        sent == 0
                                ? info(requests)
                                : RequestInfo.newBuilder()
                                        .addAllRequests(packed(requests))
                                        .build());
            } else {
                finish(requests);
            }
        }

        /// Half duplex: all that is left, with the facts of the request in the very first.
        void rest(List<? extends Message> requests) {
            while (sent < definition.getResponseDataCount()) {
                send(sent == 0 ? info(requests) : null);
            }
            finish(requests);
        }

        private void send(@Nullable RequestInfo info) {
            pause(definition.getResponseDelayMs());
            var payload = ConformancePayload.newBuilder().setData(definition.getResponseData(sent));
            if (info != null) {
                payload.setRequestInfo(info);
            }
            out.send(wrap.apply(payload.build()));
            sent++;
        }

        private void finish(List<? extends Message> requests) {
            if (ended) {
                return;
            }
            ended = true;
            if (definition.hasError()) {
                out.fail(error(definition.getError(), sent == 0 ? info(requests) : null));
            } else {
                out.end();
            }
        }
    }

    private static ConformancePayload single(UnaryResponseDefinition definition, List<? extends Message> requests) {
        headers(definition.getResponseHeadersList(), definition.getResponseTrailersList());
        pause(definition.getResponseDelayMs());
        if (definition.hasError()) {
            throw new Refused(error(definition.getError(), info(requests)));
        }
        return ConformancePayload.newBuilder()
                .setData(definition.getResponseData())
                .setRequestInfo(info(requests))
                .build();
    }

    private static void headers(List<Header> headers, List<Header> trailers) {
        Call call = Call.current();
        headers.forEach(header -> header.getValueList().forEach(value -> call.answerHeader(header.getName(), value)));
        trailers.forEach(trailer -> trailer.getValueList().forEach(value -> call.trailer(trailer.getName(), value)));
    }

    /// The delay a case asks for, given up as soon as the client leaves.
    private static void pause(int millis) {
        if (millis == 0) {
            return;
        }
        var left = new CountDownLatch(1);
        Call.current().onEnd(left::countDown);
        try {
            if (left.await(millis, TimeUnit.MILLISECONDS)) {
                throw new Refused(Code.CANCELED, "the client left");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts a handler", e);
        }
    }

    private static RequestInfo info(List<? extends Message> requests) {
        Call call = Call.current();
        RequestInfo.Builder info = RequestInfo.newBuilder().addAllRequests(packed(requests));
        call.headers().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList())))
                .forEach((name, values) ->
                        info.addRequestHeaders(Header.newBuilder().setName(name).addAllValue(values)));
        call.timeout().ifPresent(timeout -> info.setTimeoutMs(timeout.toMillis()));
        if (call.isGet()) {
            info.setConnectGetInfo(ConformancePayload.ConnectGetInfo.getDefaultInstance());
        }
        return info.build();
    }

    private static List<Any> packed(List<? extends Message> requests) {
        return requests.stream().map(Any::pack).toList();
    }

    private static ConnectError error(Error error, @Nullable RequestInfo info) {
        var details = new ArrayList<>(
                error.getDetailsList().stream().map(ErrorDetail::of).toList());
        if (info != null) {
            details.add(ErrorDetail.of(info));
        }
        return new ConnectError(Code.ofNumber(error.getCodeValue()), error.getMessage(), details);
    }
}
