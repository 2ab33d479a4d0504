package ai.lelantos.envd.process;

import ai.lelantos.envd.linux.NativeProcess.Stream;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One process' output to everybody who listens: nobody loses anything, and the slowest sets the pace.
///
/// Written on the event loop. A full listener makes [#publish] say so, and the writer stops until `roomMade` runs.
final class Output {

    /// What may wait for one listener: chunks, and their bytes.
    private static final int CHUNKS_MAX = 64;

    private static final int BYTES_MAX = 512 << 10;

    /// What may wait for all listeners of all processes; beyond it each has one chunk waiting at most.
    private static final long ALL_BYTES_MAX = 16 << 20;

    private static final AtomicLong ALL_BYTES = new AtomicLong();

    private final ReplayStore.Ring ring;
    private Runnable roomMade;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Listener> listeners = new ArrayList<>();
    private Event.@Nullable End end;

    /// @param roomMade runs, on any thread, when a listener that had been full can take more or is gone
    Output(ReplayStore.Ring ring, Runnable roomMade) {
        this.ring = ring;
        this.roomMade = roomMade;
    }

    /// Gives a chunk to every listener there is; false if one of them should not get another yet.
    boolean publish(Stream stream, byte[] bytes) {
        ByteString wrapped = UnsafeByteOperations.unsafeWrap(bytes);
        var chunk = new Event.Chunk(stream, wrapped);
        lock.lock();
        try {
            ring.append(stream, wrapped);
            boolean room = true;
            for (Listener listener : listeners) {
                room &= listener.offer(chunk);
            }
            return room;
        } finally {
            lock.unlock();
        }
    }

    /// Whether every listener can take a chunk.
    boolean hasRoom() {
        lock.lock();
        try {
            return listeners.stream().noneMatch(listener -> listener.full);
        } finally {
            lock.unlock();
        }
    }

    /// The last event, for those who listen and those who come later.
    void end(Exit exit) {
        lock.lock();
        try {
            end = new Event.End(exit);
            roomMade = () -> {}; // an end that is remembered must not hold what it is the end of
            listeners.forEach(listener -> listener.heard.signal());
        } finally {
            lock.unlock();
        }
    }

    /// Listens from now on.
    Listener listen() {
        lock.lock();
        try {
            return listenAfter(new ReplayStore.Missed(ring.end(), 0, List.of()));
        } finally {
            lock.unlock();
        }
    }

    /// Listens from an offset on, or from the oldest byte kept.
    Listener listen(ReplayFrom from) {
        lock.lock();
        try {
            return listenAfter(
                    switch (from) {
                        case ReplayFrom.Start _ -> ring.since(ring.start());
                        case ReplayFrom.Now _ -> ring.since(ring.end());
                        case ReplayFrom.Offset(long offset) -> ring.since(offset);
                    });
        } finally {
            lock.unlock();
        }
    }

    private Listener listenAfter(ReplayStore.Missed missed) {
        var listener = new Listener(missed);
        if (end == null) {
            listeners.add(listener);
        }
        return listener;
    }

    /// Forgets the recent output.
    void forget() {
        ring.release();
    }

    /// One who listens: to be closed, or the process stands still once it is full.
    final class Listener implements AutoCloseable {

        private final ReplayStore.Missed missed;
        private final ArrayDeque<Event.Chunk> chunks = new ArrayDeque<>();
        private final Condition heard = lock.newCondition();
        private long bytes;
        private boolean full;
        private boolean closed;

        private Listener(ReplayStore.Missed missed) {
            this.missed = missed;
            // The ring still holds these bytes, or did: they are few and cost no second copy.
            chunks.addAll(missed.chunks());
            missed.chunks().forEach(chunk -> count(chunk.bytes().size()));
        }

        /// Where it began to listen, and what was lost before.
        ReplayStore.Missed missed() {
            return missed;
        }

        /// The next event, or null when none came for so long, or none will because this is closed.
        @Nullable
        Event next(Duration patience) throws InterruptedException {
            lock.lock();
            try {
                long left = patience.toNanos();
                while (chunks.isEmpty() && end == null && !closed && left > 0) {
                    left = heard.awaitNanos(left);
                }
                Event.Chunk chunk = chunks.poll();
                if (chunk == null) {
                    return end;
                }
                count(-chunk.bytes().size());
                if (full && chunks.size() <= CHUNKS_MAX / 2 && bytes <= BYTES_MAX / 2) {
                    full = false;
                    roomMade.run();
                }
                return chunk;
            } finally {
                lock.unlock();
            }
        }

        /// From any thread, any number of times.
        @Override
        public void close() {
            lock.lock();
            try {
                if (!closed) {
                    closed = true;
                    listeners.remove(this);
                    chunks.clear();
                    count(-bytes);
                    heard.signal();
                    roomMade.run();
                }
            } finally {
                lock.unlock();
            }
        }

        private boolean offer(Event.Chunk chunk) {
            chunks.add(chunk);
            count(chunk.bytes().size());
            full = chunks.size() >= CHUNKS_MAX || bytes >= BYTES_MAX || ALL_BYTES.get() >= ALL_BYTES_MAX;
            heard.signal();
            return !full;
        }

        private void count(long change) {
            bytes += change;
            long _ = ALL_BYTES.addAndGet(change);
        }
    }
}
