package ai.lelantos.envd.rpc;

import ai.lelantos.envd.conformance.wire.ConformanceServiceGrpc.ConformanceServiceImplBase;
import ai.lelantos.envd.conformance.wire.IdempotentUnaryRequest;
import ai.lelantos.envd.conformance.wire.IdempotentUnaryResponse;
import ai.lelantos.protocol.process.ListRequest;
import ai.lelantos.protocol.process.ListResponse;
import ai.lelantos.protocol.process.ProcessGrpc;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import ai.lelantos.protocol.process.StreamInputRequest;
import ai.lelantos.protocol.process.StreamInputResponse;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.util.Set;

/// Answers every kind of call with one empty message.
class Echo extends ProcessGrpc.ProcessImplBase {

    static final String UNARY = "/process.Process/List";
    static final String SERVER_STREAM = "/process.Process/Start";
    static final String CLIENT_STREAM = "/process.Process/StreamInput";
    static final String GET = "/connectrpc.conformance.v1.ConformanceService/IdempotentUnary";

    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> answer) {
        answer.onNext(ListResponse.getDefaultInstance());
        answer.onCompleted();
    }

    @Override
    public void start(StartRequest request, StreamObserver<StartResponse> answer) {
        var out = new Outbox<>(answer);
        out.send(StartResponse.getDefaultInstance());
        out.end();
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(StreamInputRequest request) {}

            @Override
            public void onError(Throwable left) {}

            @Override
            public void onCompleted() {
                answer.onNext(StreamInputResponse.getDefaultInstance());
                answer.onCompleted();
            }
        };
    }

    /// The same on the event loop: one message never waits for its client.
    static final class Prompt extends Echo implements NeverWaits {

        @Override
        public Set<MethodDescriptor<?, ?>> neverWait() {
            return Set.of(
                    ProcessGrpc.getListMethod(), ProcessGrpc.getStartMethod(), ProcessGrpc.getStreamInputMethod());
        }
    }

    /// The one method here that may be called by GET.
    static final class Safe extends ConformanceServiceImplBase {

        @Override
        public void idempotentUnary(IdempotentUnaryRequest request, StreamObserver<IdempotentUnaryResponse> answer) {
            answer.onNext(IdempotentUnaryResponse.getDefaultInstance());
            answer.onCompleted();
        }
    }
}
