package ai.lelantos.envd.rpc;

import com.google.protobuf.ByteString;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// One HTTP/1.1 connection, byte by byte, so that a test knows it is the same one.
final class RawConnection implements AutoCloseable {

    private static final int SILENCE_MILLIS_MAX = 20_000;
    private static final int BODY_BYTES_MAX = 1 << 20;

    private final Socket socket;
    private final InputStream in;

    /// What came back; header names in lower case.
    record Reply(int status, Map<String, String> headers, ByteString body) {

        String text() {
            return body.toStringUtf8();
        }
    }

    RawConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(SILENCE_MILLIS_MAX);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /// Sends a request with a body of known length, and reads the whole reply.
    Reply ask(String method, String path, Map<String, String> headers, ByteString body) throws IOException {
        send(method, path, headers, body.size(), body);
        return reply();
    }

    /// Sends a request that promises more or less than it holds.
    void send(String method, String path, Map<String, String> headers, int promised, ByteString body)
            throws IOException {
        var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nhost: test\r\ncontent-length: " + promised);
        headers.forEach(
                (name, value) -> head.append("\r\n").append(name).append(": ").append(value));
        head.append("\r\n\r\n");
        socket.getOutputStream()
                .write(ByteString.copyFrom(head.toString(), StandardCharsets.ISO_8859_1)
                        .concat(body)
                        .toByteArray());
    }

    Reply reply() throws IOException {
        String status = line();
        String[] first = status.split(" ", 3);
        if (!first[0].equals("HTTP/1.1")) {
            throw new IOException("expected a status line, got: " + status);
        }
        var headers = new TreeMap<String, String>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        ByteString body = "chunked".equals(headers.get("transfer-encoding"))
                ? chunks()
                : bytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        return new Reply(Integer.parseInt(first[1]), headers, body);
    }

    private ByteString chunks() throws IOException {
        ByteString body = ByteString.EMPTY;
        while (true) {
            ByteString chunk = bytes(Integer.parseInt(line(), 16));
            if (chunk.isEmpty()) {
                for (String trailer = line(); !trailer.isEmpty(); trailer = line()) {}
                return body;
            }
            line(); // the end of the chunk's own line
            body = body.concat(chunk);
        }
    }

    private ByteString bytes(int count) throws IOException {
        if (count > BODY_BYTES_MAX) {
            throw new IOException("expected at most " + BODY_BYTES_MAX + " bytes, got " + count);
        }
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("expected " + count + " bytes, got " + bytes.length);
        }
        return ByteString.copyFrom(bytes);
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
