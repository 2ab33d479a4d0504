package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;

/// Writes to a pipe or a terminal on the loop: whole messages, in order, each as slowly as its reader reads.
public final class Outflow {

    /// Messages that may wait behind the one being written; callers hold their bytes, so this bounds callers.
    private static final int WAITING_MAX = 256;

    /// Writes in one turn before others on the loop have theirs.
    private static final int WRITES_PER_TURN = 8;

    private final Loop loop;
    private final int fd;
    private final ArrayDeque<Message> messages = new ArrayDeque<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private long token;
    private boolean watching;
    private boolean closing;
    private boolean closed;

    /// Owns the non-blocking descriptor from now on.
    Outflow(Loop loop, int fd) {
        this.loop = loop;
        this.fd = fd;
    }

    /// Writes all bytes; the future completes when the kernel has them, or fails with [Errno]. Cancelling it drops
    /// what is not yet written.
    public CompletableFuture<Void> write(ByteBuffer bytes) {
        var message = new Message(bytes, new CompletableFuture<>());
        loop.execute(() -> enqueue(message));
        var _ = message.written().exceptionally(why -> {
            loop.execute(this::takeTurn);
            return null;
        });
        return message.written();
    }

    /// Closes once what was sent before is written; the future completes when it is closed. Again is no error.
    public CompletableFuture<Void> close() {
        loop.execute(() -> {
            closing = true;
            takeTurn();
        });
        return gone.copy();
    }

    /// On the loop: closes at once; what waits fails, as it has no reader any more.
    void abandon() {
        closing = true;
        closeNow();
        failAll(new Errno(Errno.EPIPE, "write"));
    }

    private void enqueue(Message message) {
        if (closing) {
            message.written().completeExceptionally(new Errno(Errno.EBADF, "write"));
        } else if (messages.size() >= WAITING_MAX) {
            message.written().completeExceptionally(new Errno(Errno.EAGAIN, "write behind " + WAITING_MAX + " others"));
        } else {
            messages.add(message);
            if (messages.size() == 1) {
                takeTurn();
            }
        }
    }

    private void takeTurn() {
        int writes = 0;
        while (!closed && !messages.isEmpty()) {
            Message message = messages.element();
            if (message.isOver()) {
                var _ = messages.remove().written().complete(null);
            } else if (writes++ == WRITES_PER_TURN) {
                loop.execute(this::takeTurn);
                return;
            } else if (!writeSome(message.bytes())) {
                return;
            }
        }
        if (closing && messages.isEmpty()) {
            closeNow();
        }
    }

    /// False when the reader must read first, or will never read again.
    private boolean writeSome(ByteBuffer bytes) {
        MemorySegment buffer = loop.buffer();
        int count = Math.min(bytes.remaining(), Loop.READ_BYTES_MAX);
        MemorySegment.copy(MemorySegment.ofBuffer(bytes), JAVA_BYTE, 0, buffer, JAVA_BYTE, 0, count);
        int written = Descriptors.write(fd, buffer, count, loop.state());
        if (written >= 0) {
            bytes.position(bytes.position() + written);
            return true;
        }
        if (written == -Errno.EAGAIN) {
            return awaitRoom();
        }
        failAll(new Errno(-written, "write"));
        return false;
    }

    private boolean awaitRoom() {
        try {
            if (!watching) {
                token = loop.watch(fd, Epoll.OUT, _ -> roomMade());
                watching = true;
            }
        } catch (Errno e) {
            failAll(e);
        }
        return false;
    }

    private void roomMade() {
        unwatch();
        takeTurn();
    }

    private void failAll(Errno why) {
        for (Message message = messages.poll(); message != null; message = messages.poll()) {
            message.written().completeExceptionally(why);
        }
    }

    private void unwatch() {
        if (watching) {
            watching = false;
            loop.forget(fd, token);
        }
    }

    private void closeNow() {
        if (!closed) {
            closed = true;
            unwatch();
            Descriptors.close(fd);
            gone.complete(null);
        }
    }

    /// Bytes on their way, and who waits for them.
    private record Message(ByteBuffer bytes, CompletableFuture<Void> written) {

        boolean isOver() {
            return !bytes.hasRemaining() || written.isDone();
        }
    }
}
