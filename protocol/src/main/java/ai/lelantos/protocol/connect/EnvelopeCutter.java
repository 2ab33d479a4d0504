package ai.lelantos.protocol.connect;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Cuts a body into envelopes, however the body arrives: feed what came, take what is whole.
/// It holds no more than what was fed: a promised length reserves nothing.
public final class EnvelopeCutter {

    private final int payloadBytesMax;
    private final int flagsAllowed;
    private final ArrayDeque<ByteString> pieces = new ArrayDeque<>();
    private long heldBytes;

    /// A cutter for one body; a flag outside `flagsAllowed` is an error of the peer.
    public EnvelopeCutter(int payloadBytesMax, int flagsAllowed) {
        this.payloadBytesMax = payloadBytesMax;
        this.flagsAllowed = flagsAllowed;
    }

    public void feed(ByteString piece) {
        if (!piece.isEmpty()) {
            pieces.add(piece);
            heldBytes += piece.size();
        }
    }

    /// The next whole envelope, or null while its last byte has not come.
    public @Nullable Envelope next() {
        if (heldBytes < Envelope.HEADER_BYTES) {
            return null;
        }
        int flags = byteAt(0);
        if ((flags & ~flagsAllowed) != 0) {
            throw ConnectError.of(Code.INTERNAL, "protocol error: envelope with unknown flags 0x%02x".formatted(flags))
                    .toFailure();
        }
        long promised = promised();
        if (promised > payloadBytesMax) {
            throw ConnectError.of(
                            Code.RESOURCE_EXHAUSTED,
                            "message size " + promised + " is larger than configured max " + payloadBytesMax)
                    .toFailure();
        }
        if (heldBytes < Envelope.HEADER_BYTES + promised) {
            return null;
        }
        ByteString whole = take(Envelope.HEADER_BYTES + (int) promised);
        return new Envelope(flags, whole.substring(Envelope.HEADER_BYTES));
    }

    /// Whether [#next] would have something to say, an envelope or an error.
    public boolean holdsWhole() {
        return heldBytes >= Envelope.HEADER_BYTES && heldBytes >= Envelope.HEADER_BYTES + promised();
    }

    /// The body is over: anything still held is an envelope that was cut off.
    public void finish() {
        if (heldBytes == 0) {
            return;
        }
        String what = heldBytes < Envelope.HEADER_BYTES
                ? "protocol error: incomplete envelope: promised 5 bytes of header, got " + heldBytes
                : "protocol error: promised " + promised() + " bytes in enveloped message, got "
                        + (heldBytes - Envelope.HEADER_BYTES) + " bytes";
        throw ConnectError.of(Code.INVALID_ARGUMENT, what).toFailure();
    }

    /// Bytes fed and not yet taken.
    public long heldBytes() {
        return heldBytes;
    }

    private long promised() {
        return (long) byteAt(1) << 24 | byteAt(2) << 16 | byteAt(3) << 8 | byteAt(4);
    }

    /// Looks a few bytes ahead; they may be spread over as many pieces.
    private int byteAt(int index) {
        int at = index;
        for (ByteString piece : pieces) {
            if (at < piece.size()) {
                return piece.byteAt(at) & 0xff;
            }
            at -= piece.size();
        }
        throw new IndexOutOfBoundsException(index);
    }

    private ByteString take(int bytes) {
        heldBytes -= bytes;
        ByteString first = pieces.removeFirst();
        if (first.size() >= bytes) {
            putBack(first, bytes);
            return first.substring(0, bytes);
        }
        // Copied into one array: a rope of thousands of small pieces would make every later read slow.
        ByteString.Output joined = ByteString.newOutput(bytes);
        int missing = bytes;
        ByteString piece = first;
        while (true) {
            int part = Math.min(piece.size(), missing);
            write(piece.substring(0, part), joined);
            missing -= part;
            if (missing == 0) {
                putBack(piece, part);
                return joined.toByteString();
            }
            piece = pieces.removeFirst();
        }
    }

    private void putBack(ByteString piece, int taken) {
        if (taken < piece.size()) {
            pieces.addFirst(piece.substring(taken));
        }
    }

    private static void write(ByteString piece, ByteString.Output into) {
        try {
            piece.writeTo(into);
        } catch (java.io.IOException impossible) {
            throw new AssertionError("memory refuses bytes", impossible);
        }
    }
}
