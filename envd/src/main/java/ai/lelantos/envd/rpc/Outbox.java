package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.ConnectError;
import io.grpc.Metadata;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.locks.ReentrantLock;

/// The answers of a streaming call, for handlers that are plain loops: sending waits while the client is slow.
/// Made on the thread that serves the call; after that any thread may send, one at a time.
public final class Outbox<T> {

    private final StreamObserver<T> observer;
    private final ServedCall<?, ?> call;
    private final ReentrantLock sending = new ReentrantLock();

    public Outbox(StreamObserver<T> observer) {
        this.observer = observer;
        this.call = ServedCall.served();
    }

    /// Sends the head of the answer now, for a client that waits for it before the first message is known.
    public void open() {
        sending.lock();
        try {
            call.sendHeaders(new Metadata());
        } finally {
            sending.unlock();
        }
    }

    /// Sends when the client can take it; [ClientGone] once nobody waits for it.
    public void send(T message) {
        sending.lock();
        try {
            call.awaitReady();
            observer.onNext(message);
        } finally {
            sending.unlock();
        }
    }

    /// Ends the call well; nothing happens if it is over already.
    public void end() {
        sending.lock();
        try {
            if (!call.isOver()) {
                observer.onCompleted();
            }
        } finally {
            sending.unlock();
        }
    }

    /// Ends the call with an error; nothing happens if it is over already.
    public void fail(ConnectError error) {
        sending.lock();
        try {
            if (!call.isOver()) {
                observer.onError(new Refused(error));
            }
        } finally {
            sending.unlock();
        }
    }
}
