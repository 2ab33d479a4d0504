package ai.lelantos.envd.conformance;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// How the runner and a program talk: four big-endian bytes of length, then a message.
final class Delimited {

    private static final int MESSAGE_BYTES_MAX = 16 << 20;

    private Delimited() {}

    /// The next message, or null at the end of the input.
    static <M extends Message> @Nullable M read(InputStream in, Parser<M> parser) throws IOException {
        var data = new DataInputStream(in);
        int length;
        try {
            length = data.readInt();
        } catch (EOFException _) {
            return null;
        }
        if (length < 0 || length > MESSAGE_BYTES_MAX) {
            throw new IOException("expected a message of at most " + MESSAGE_BYTES_MAX + " bytes, got " + length);
        }
        return parser.parseFrom(data.readNBytes(length));
    }

    static void write(Message message, OutputStream out) throws IOException {
        out.write(ByteBuffer.allocate(4).putInt(message.getSerializedSize()).array());
        message.writeTo(out);
        out.flush();
    }
}
