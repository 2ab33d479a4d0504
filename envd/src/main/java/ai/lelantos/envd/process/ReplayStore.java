package ai.lelantos.envd.process;

import ai.lelantos.envd.linux.NativeProcess.Stream;
import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The recent output of every process, for clients that come back: bounded for each and for all, oldest out first.
///
/// One lock for all rings: appending is a few field writes, and the bound over all of them needs one order.
final class ReplayStore {

    /// What one process may keep.
    static final int RING_BYTES_MAX = 256 << 10;

    /// Smaller pieces are gathered in buffers of this size, so that a process that prints single letters costs letters.
    private static final int GATHER_BYTES = 1 << 10;

    /// Counted for each piece besides its bytes.
    private static final int PIECE_OVERHEAD_BYTES = 96;

    private final long totalBytesMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Piece all = new Piece(null, Stream.STDOUT, ByteString.EMPTY, 0);
    private long totalBytes;

    ReplayStore(long totalBytesMax) {
        this.totalBytesMax = totalBytesMax;
    }

    Ring newRing() {
        return new Ring();
    }

    /// What the rings cost now, bytes.
    long totalBytes() {
        lock.lock();
        try {
            return totalBytes;
        } finally {
            lock.unlock();
        }
    }

    /// The output that a client missed and still can have.
    ///
    /// @param offset of the first byte of the chunks, or of the next byte to be written
    /// @param lost bytes between the offset asked for and this one: written, and no longer kept
    record Missed(long offset, long lost, List<Event.Chunk> chunks) {}

    /// One process' recent output. Offsets count every byte it wrote, on whichever stream, in the order it was read.
    final class Ring {

        private final ArrayDeque<Piece> pieces = new ArrayDeque<>();
        private long bytes;
        private long start;
        private long end;
        private boolean released;

        private Ring() {}

        void append(Stream stream, ByteString chunk) {
            lock.lock();
            try {
                end += chunk.size();
                if (released) {
                    start = end;
                    return;
                }
                Piece last = pieces.peekLast();
                if (last == null || last.stream != stream || !last.gather(chunk)) {
                    add(Piece.of(this, stream, chunk));
                }
                while (bytes > RING_BYTES_MAX) {
                    evict(pieces.element());
                }
                while (totalBytes > totalBytesMax) {
                    evict(all.next());
                }
            } finally {
                lock.unlock();
            }
        }

        /// Everything kept from an offset on, and what of it is lost.
        Missed since(long offset) {
            lock.lock();
            try {
                if (offset < 0 || offset > end) {
                    throw new IndexOutOfBoundsException(
                            "offset " + offset + " is beyond the " + end + " bytes written");
                }
                long from = Math.max(offset, start);
                var chunks = new ArrayList<Event.Chunk>();
                long at = start;
                for (Piece piece : pieces) {
                    int skip = Math.clamp(from - at, 0, piece.size());
                    if (skip < piece.size()) {
                        chunks.add(new Event.Chunk(piece.stream, piece.bytes().substring(skip)));
                    }
                    at += piece.size();
                }
                return new Missed(from, from - offset, chunks);
            } finally {
                lock.unlock();
            }
        }

        /// The offset of the next byte.
        long end() {
            lock.lock();
            try {
                return end;
            } finally {
                lock.unlock();
            }
        }

        /// The offset of the oldest byte kept.
        long start() {
            lock.lock();
            try {
                return start;
            } finally {
                lock.unlock();
            }
        }

        /// Gives the memory back; what was kept is lost.
        void release() {
            lock.lock();
            try {
                released = true;
                while (!pieces.isEmpty()) {
                    evict(pieces.element());
                }
            } finally {
                lock.unlock();
            }
        }

        private void add(Piece piece) {
            pieces.add(piece);
            piece.linkBefore(all);
            bytes += piece.cost;
            totalBytes += piece.cost;
        }
    }

    /// The first piece of its ring, whichever bound it falls to: the order over all agrees with that of each ring.
    private void evict(Piece piece) {
        Ring ring = piece.ring();
        var _ = ring.pieces.remove();
        piece.unlink();
        ring.start += piece.size();
        ring.bytes -= piece.cost;
        totalBytes -= piece.cost;
    }

    /// Consecutive bytes of one stream; also a link of the list over all rings.
    private static final class Piece {

        private final @Nullable Ring ring;
        private final Stream stream;
        private final int cost;
        private final @Nullable ByteString whole;
        private final byte[] gathered;
        private int length;
        private Piece before = this;
        private Piece after = this;

        private Piece(@Nullable Ring ring, Stream stream, @Nullable ByteString whole, int gatherBytes) {
            this.ring = ring;
            this.stream = stream;
            this.whole = whole;
            this.gathered = new byte[gatherBytes];
            this.cost = PIECE_OVERHEAD_BYTES + (whole == null ? gatherBytes : whole.size());
        }

        static Piece of(Ring ring, Stream stream, ByteString chunk) {
            if (chunk.size() >= GATHER_BYTES) {
                return new Piece(ring, stream, chunk, 0);
            }
            var piece = new Piece(ring, stream, null, GATHER_BYTES);
            var _ = piece.gather(chunk);
            return piece;
        }

        /// Takes the chunk in if it has room for all of it.
        boolean gather(ByteString chunk) {
            if (gathered.length - length < chunk.size()) {
                return false;
            }
            chunk.copyTo(gathered, length);
            length += chunk.size();
            return true;
        }

        int size() {
            return whole == null ? length : whole.size();
        }

        ByteString bytes() {
            return whole == null ? ByteString.copyFrom(gathered, 0, length) : whole;
        }

        Ring ring() {
            if (ring == null) {
                throw new IllegalStateException("the list over all rings is empty");
            }
            return ring;
        }

        Piece next() {
            return after;
        }

        void linkBefore(Piece other) {
            before = other.before;
            after = other;
            before.after = this;
            other.before = this;
        }

        void unlink() {
            before.after = after;
            after.before = before;
        }
    }
}
