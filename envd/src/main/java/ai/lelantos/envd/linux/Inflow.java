package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/// Reads a pipe or a terminal on the loop, chunk by chunk, for as long as its sink takes more. Confined to the loop.
///
/// Edge-triggered: the kernel speaks once when something comes, and a paused reader costs nothing.
final class Inflow {

    /// Chunks read in one turn before others on the loop have theirs.
    private static final int CHUNKS_PER_TURN = 8;

    private final Loop loop;
    private final int fd;
    private final int chunkBytesMax;
    private final Sink sink;
    private long token;
    private boolean readable = true;
    private boolean paused;
    private boolean turnIsDue;
    private boolean closed;

    private Inflow(Loop loop, int fd, int chunkBytesMax, Sink sink) {
        this.loop = loop;
        this.fd = fd;
        this.chunkBytesMax = Math.min(chunkBytesMax, Loop.READ_BYTES_MAX);
        this.sink = sink;
    }

    /// Starts to read a non-blocking descriptor and owns it from now on.
    static Inflow open(Loop loop, int fd, int chunkBytesMax, Sink sink) throws Errno {
        var inflow = new Inflow(loop, fd, chunkBytesMax, sink);
        inflow.token = loop.watch(fd, Epoll.IN | Epoll.EDGE, inflow::ready);
        return inflow;
    }

    boolean isClosed() {
        return closed;
    }

    /// Reads on after the sink had enough.
    void resume() {
        paused = false;
        takeTurn();
    }

    /// Reads what is there at this moment and at most so many bytes; true when nothing is left or all of it was read.
    boolean drain(int bytesMax) {
        readable = true;
        for (int left = bytesMax; left > 0 && readable && !paused && !closed; ) {
            left -= Math.max(readChunk(), 0);
        }
        return !paused;
    }

    /// Stops and closes without another word to the sink.
    void close() {
        if (!closed) {
            closed = true;
            loop.forget(fd, token);
            Descriptors.close(fd);
        }
    }

    private void ready(int events) {
        readable = true;
        takeTurn();
    }

    private void takeTurn() {
        for (int chunks = 0; readable && !paused && !closed; chunks++) {
            if (chunks == CHUNKS_PER_TURN) {
                takeTurnLater();
                return;
            }
            int _ = readChunk();
        }
    }

    private void takeTurnLater() {
        if (!turnIsDue) {
            turnIsDue = true;
            loop.execute(() -> {
                turnIsDue = false;
                takeTurn();
            });
        }
    }

    private int readChunk() {
        MemorySegment buffer = loop.buffer();
        int count = Descriptors.read(fd, buffer, chunkBytesMax, loop.state());
        if (count > 0) {
            paused = !sink.chunk(buffer.asSlice(0, count).toArray(JAVA_BYTE));
        } else if (count == -Errno.EAGAIN) {
            readable = false;
        } else if (count != -Errno.EINTR) {
            // 0 is the end of a pipe, EIO that of a terminal whose last user is gone; nothing else can be read either.
            close();
            sink.end();
        }
        return count;
    }

    /// Where the bytes go.
    interface Sink {

        /// Takes a chunk, and says whether it takes another now.
        boolean chunk(byte[] bytes);

        /// Nothing more comes.
        void end();
    }
}
