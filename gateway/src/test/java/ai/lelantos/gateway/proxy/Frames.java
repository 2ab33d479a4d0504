package ai.lelantos.gateway.proxy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// HTTP/2 on a [Wire], frame by frame; header fields as literals that no table knows.
final class Frames implements AutoCloseable {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int ACK = 1;

    private final Wire wire;

    /// One frame.
    record Frame(int type, int flags, int stream, String payload) {

        boolean endsStream() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }

        int error() {
            byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
            return ByteBuffer.wrap(bytes).getInt(bytes.length == 4 ? 0 : 4);
        }
    }

    Frames(Wire wire) {
        this.wire = wire;
        wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        send(SETTINGS, 0, 0, new byte[0]);
    }

    Frames send(int type, int flags, int stream, byte[] payload) {
        var frame = ByteBuffer.allocate(9 + payload.length);
        frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        wire.send(frame.array());
        return this;
    }

    /// `fields`: name, value, name, value ...
    Frames headers(int stream, boolean end, String... fields) {
        var block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            block.write(0);
            literal(block, fields[i]);
            literal(block, fields[i + 1]);
        }
        return send(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block.toByteArray());
    }

    Frames get(int stream, String host, String path) {
        return headers(stream, true, ":method", "GET", ":scheme", "http", ":authority", host, ":path", path);
    }

    Frames data(int stream, boolean end, byte[] bytes) {
        return send(DATA, end ? END_STREAM : 0, stream, bytes);
    }

    Frames window(int stream, int bytes) {
        return send(
                WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    /// The next frame that is no settings, ping or window.
    Frame next() {
        while (true) {
            ByteBuffer head = ByteBuffer.wrap(wire.bytes(9));
            if (head.remaining() < 9) {
                return new Frame(-1, 0, 0, "");
            }
            int length = ((head.get() & 0xff) << 16) | (head.getShort() & 0xffff);
            var frame = new Frame(head.get(), head.get(), head.getInt(), wire.text(length));
            if (frame.type() == SETTINGS && (frame.flags() & ACK) == 0) {
                send(SETTINGS, ACK, 0, new byte[0]);
            } else if (frame.type() == DATA
                    || frame.type() == HEADERS
                    || frame.type() == RST_STREAM
                    || frame.type() == GOAWAY) {
                return frame;
            }
        }
    }

    /// The next frame of one stream; those of others are lost.
    Frame next(int stream) {
        Frame frame = next();
        while (frame.type() >= 0 && frame.stream() != stream) {
            frame = next();
        }
        return frame;
    }

    /// The body of one stream up to its end.
    String body(int stream) {
        var body = new StringBuilder();
        for (Frame frame = next(stream); ; frame = next(stream)) {
            if (frame.type() == DATA) {
                body.append(frame.payload());
            }
            if (frame.endsStream() || frame.type() == RST_STREAM || frame.type() < 0) {
                return body.toString();
            }
        }
    }

    private static void literal(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length < 127) {
            block.write(bytes.length);
        } else {
            block.write(127);
            int rest = bytes.length - 127;
            for (; rest >= 128; rest >>= 7) {
                block.write((rest & 127) | 128);
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    @Override
    public void close() {
        wire.close();
    }
}
