package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.process.ListRequest;
import ai.lelantos.protocol.process.ListResponse;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.ProcessGrpc;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import ai.lelantos.protocol.process.StreamInputRequest;
import ai.lelantos.protocol.process.StreamInputResponse;
import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// A service whose calls a test holds in its hands.
final class Streams extends ProcessGrpc.ProcessImplBase {

    static final int MESSAGE_BYTES = 32 << 10;

    static final StartResponse OUTPUT = StartResponse.newBuilder()
            .setEvent(ProcessEvent.newBuilder()
                    .setData(ProcessEvent.DataEvent.newBuilder()
                            .setStdout(ByteString.copyFrom(new byte[MESSAGE_BYTES]))))
            .build();

    /// Messages that `Start` sends; it stays silent, and waits, for none.
    private final int messages;

    final AtomicInteger sent = new AtomicInteger();
    final AtomicInteger received = new AtomicInteger();
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    final CountDownLatch started = new CountDownLatch(1);
    final CountDownLatch ended = new CountDownLatch(1);
    final CountDownLatch returned = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    volatile boolean interrupted;

    Streams(int messages) {
        this.messages = messages;
    }

    @Override
    public void start(StartRequest request, StreamObserver<StartResponse> answer) {
        Call.current().onEnd(ended::countDown);
        started.countDown();
        var out = new Outbox<>(answer);
        try {
            if (messages == 0) {
                goOn.await();
            }
            for (int i = 0; i < messages; i++) {
                out.send(OUTPUT);
                sent.incrementAndGet();
            }
            out.end();
        } catch (InterruptedException _) {
            interrupted = true;
        } catch (RuntimeException e) {
            thrown.set(e);
            throw e;
        } finally {
            returned.countDown();
        }
    }

    /// Waits, as input does for a slow reader, and then answers.
    @Override
    public void list(ListRequest request, StreamObserver<ListResponse> answer) {
        Call.current().onEnd(ended::countDown);
        started.countDown();
        try {
            goOn.await();
            answer.onNext(ListResponse.getDefaultInstance());
            answer.onCompleted();
        } catch (InterruptedException _) {
            interrupted = true;
        } finally {
            returned.countDown();
        }
    }

    @Override
    public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> answer) {
        Call.current().onEnd(ended::countDown);
        started.countDown();
        return new StreamObserver<>() {
            @Override
            public void onNext(StreamInputRequest request) {
                received.incrementAndGet();
                try {
                    goOn.await();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }

            @Override
            public void onError(Throwable left) {
                thrown.set(left);
            }

            @Override
            public void onCompleted() {
                answer.onNext(StreamInputResponse.getDefaultInstance());
                answer.onCompleted();
            }
        };
    }

    static byte[] start() {
        return Envelope.of(StartRequest.getDefaultInstance().toByteString())
                .encode()
                .toByteArray();
    }

    static byte[] input() {
        StreamInputRequest request = StreamInputRequest.newBuilder()
                .setData(StreamInputRequest.DataEvent.newBuilder()
                        .setInput(ai.lelantos.protocol.process.ProcessInput.newBuilder()
                                .setStdin(ByteString.copyFrom(new byte[MESSAGE_BYTES]))))
                .build();
        return Envelope.of(request.toByteString()).encode().toByteArray();
    }
}
