package ai.lelantos.loadtest.measure;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/// One kept HTTP/1.1 connection that does as little as it can beside moving bytes, so that a proxy is what is measured.
public final class RawClient implements AutoCloseable {

    private static final int BUFFER_BYTES = 256 << 10;
    private static final int SMALL_BUFFER_BYTES = 512;
    private static final int SILENCE_MS_MAX = 60_000;
    private static final int HEAD_BYTES_MAX = 64 << 10;
    private static final int FRAME_BYTES = 6; // of a masked WebSocket frame, before its payload

    private final String host;
    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;
    private final byte[] buffer;
    private boolean switched;

    RawClient(URI url) throws IOException {
        this(url, BUFFER_BYTES);
    }

    /// One that moves little, of which there may be thousands.
    static RawClient small(URI url) throws IOException {
        return new RawClient(url, SMALL_BUFFER_BYTES);
    }

    private RawClient(URI url, int bufferBytes) throws IOException {
        buffer = new byte[bufferBytes];
        host = url.getAuthority();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(SILENCE_MS_MAX);
        socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), SILENCE_MS_MAX);
        in = new BufferedInputStream(socket.getInputStream(), bufferBytes);
        out = socket.getOutputStream();
    }

    /// Reads an answer's body to its end.
    public long download(String path, List<String> headers) throws IOException {
        send("GET", path, headers, "");
        return body();
    }

    /// Sends a body of so many bytes, and reads the answer.
    public long upload(String path, long bytes, List<String> headers) throws IOException {
        send("POST", path, headers, "Content-Length: " + bytes + "\r\n");
        for (long left = bytes; left > 0; left -= buffer.length) {
            out.write(buffer, 0, (int) Math.min(left, buffer.length));
        }
        var _ = body();
        return bytes;
    }

    /// A text message over a WebSocket, there and back; the first call makes it one.
    public long echo(String path, String message, List<String> headers) throws IOException {
        if (!switched) {
            byte[] key = new byte[16];
            send(
                    "GET",
                    path,
                    headers,
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                            + Base64.getEncoder().encodeToString(key) + "\r\n");
            if (!head().startsWith("HTTP/1.1 101")) {
                throw new IOException("no WebSocket");
            }
            switched = true;
        }
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[FRAME_BYTES + text.length]; // with a mask of zeros
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | text.length);
        System.arraycopy(text, 0, frame, FRAME_BYTES, text.length);
        out.write(frame);
        byte[] back = in.readNBytes(2 + text.length);
        if (back.length < 2 + text.length || back[2] != text[0]) {
            throw new IOException("another message came back");
        }
        return text.length;
    }

    /// Asks for a stream of events and reads the first.
    void listen(String path, List<String> headers) throws IOException {
        send("GET", path, headers, "");
        if (!head().startsWith("HTTP/1.1 200") || in.read() < 0) {
            throw new IOException("no stream");
        }
    }

    private void send(String method, String path, List<String> headers, String fields) throws IOException {
        String lines = headers.isEmpty() ? "" : String.join("\r\n", headers) + "\r\n";
        out.write((method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + lines + fields + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    private long body() throws IOException {
        String head = head();
        if (!head.startsWith("HTTP/1.1 200")) {
            throw new IOException("answered " + head.lines().findFirst().orElse("nothing"));
        }
        long length = head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToLong(line -> Long.parseLong(line.substring(15).strip()))
                .findFirst()
                .orElseThrow(() -> new IOException("no length"));
        for (long left = length; left > 0; ) {
            int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (read < 0) {
                throw new IOException(left + " bytes of " + length + " did not come");
            }
            left -= read;
        }
        return length;
    }

    private String head() throws IOException {
        var head = new StringBuilder();
        while (head.length() < 4 || head.lastIndexOf("\r\n\r\n") != head.length() - 4) {
            int next = in.read();
            if (next < 0 || head.length() > HEAD_BYTES_MAX) {
                throw new IOException("no head: " + head);
            }
            head.append((char) next);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
