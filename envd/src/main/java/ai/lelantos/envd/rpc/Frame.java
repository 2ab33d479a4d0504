package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Envelope;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/// One envelope on its way out. Writing it into the buffer it leaves in is the last step, and for the binary codec also
/// the only one: the bytes of a process' output are copied once between its pipe and the socket.
sealed interface Frame {

    /// Bytes on the wire.
    long size();

    void writeTo(ByteBuf buffer);

    /// What is encoded already: JSON, compressed, or the last envelope.
    record Encoded(Envelope envelope) implements Frame {

        @Override
        public long size() {
            return envelope.size();
        }

        @Override
        public void writeTo(ByteBuf buffer) {
            buffer.writeByte(envelope.flags());
            buffer.writeInt(envelope.payload().size());
            for (ByteBuffer part : envelope.payload().asReadOnlyByteBufferList()) {
                buffer.writeBytes(part);
            }
        }
    }

    /// A message in the binary codec, not encoded yet. Messages never change, so its size holds.
    record Unencoded(MessageLite message, int payloadBytes) implements Frame {

        static Unencoded of(MessageLite message) {
            return new Unencoded(message, message.getSerializedSize());
        }

        @Override
        public long size() {
            return (long) Envelope.HEADER_BYTES + payloadBytes;
        }

        @Override
        public void writeTo(ByteBuf buffer) {
            buffer.writeByte(0);
            buffer.writeInt(payloadBytes);
            buffer.ensureWritable(payloadBytes);
            var out = CodedOutputStream.newInstance(buffer.nioBuffer(buffer.writerIndex(), payloadBytes));
            try {
                message.writeTo(out);
                out.flush();
                out.checkNoSpaceLeft();
            } catch (IOException e) {
                throw new UncheckedIOException("a message became larger than its size", e);
            }
            buffer.writerIndex(buffer.writerIndex() + payloadBytes);
        }
    }
}
