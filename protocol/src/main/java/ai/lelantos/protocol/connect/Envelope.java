package ai.lelantos.protocol.connect;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;

/// One frame of a stream: one byte of flags, four of big-endian length, the payload.
public record Envelope(int flags, ByteString payload) {

    public static final int HEADER_BYTES = 5;

    /// The payload is compressed with the stream's encoding; gRPC uses the same bit.
    public static final int COMPRESSED = 0x01;

    /// Connect: the payload is the [EndOfStream], always JSON.
    public static final int END_STREAM = 0x02;

    /// gRPC-Web: the payload is the block of trailers.
    public static final int TRAILERS = 0x80;

    public static Envelope of(ByteString payload) {
        return new Envelope(0, payload);
    }

    public boolean isCompressed() {
        return (flags & COMPRESSED) != 0;
    }

    /// Bytes on the wire.
    public long size() {
        return (long) HEADER_BYTES + payload.size();
    }

    public ByteString encode() {
        var header = ByteBuffer.allocate(HEADER_BYTES).put((byte) flags).putInt(payload.size());
        return UnsafeByteOperations.unsafeWrap(header.flip()).concat(payload);
    }
}
