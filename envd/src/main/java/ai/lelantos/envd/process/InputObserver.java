package ai.lelantos.envd.process;

import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.StreamInputRequest;
import ai.lelantos.protocol.process.StreamInputResponse;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Input that comes as a stream: first whose it is, then any number of pieces, each written before the next is read.
final class InputObserver implements StreamObserver<StreamInputRequest> {

    private final Function<ProcessSelector, Child> require;
    private final StreamObserver<StreamInputResponse> answer;
    private @Nullable Child child;

    InputObserver(Function<ProcessSelector, Child> require, StreamObserver<StreamInputResponse> answer) {
        this.require = require;
        this.answer = answer;
    }

    @Override
    public void onNext(StreamInputRequest request) {
        switch (request.getEventCase()) {
            case START -> child = require.apply(request.getStart().getProcess());
            case DATA -> {
                Child target = child;
                if (target == null) {
                    throw new Refused(Code.INVALID_ARGUMENT, "the first message of the stream must be its start");
                }
                Input.write(target, request.getData().getInput());
            }
            case KEEPALIVE -> {}
            case EVENT_NOT_SET -> throw new Refused(Code.UNIMPLEMENTED, "invalid event type: no event is set");
        }
    }

    @Override
    public void onError(Throwable thrown) {
        // The client left; what it sent is written or dropped already.
    }

    @Override
    public void onCompleted() {
        answer.onNext(StreamInputResponse.getDefaultInstance());
        answer.onCompleted();
    }
}
