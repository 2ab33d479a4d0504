package ai.lelantos.gateway.proxy;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One connection as raw bytes, with a bound on every wait.
final class Wire implements AutoCloseable {

    private static final int WAIT_MS = 20_000;
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");

    final Socket socket;
    private final InputStream in;

    Wire(Socket socket) {
        try {
            this.socket = socket;
            socket.setSoTimeout(WAIT_MS);
            socket.setTcpNoDelay(true);
            this.in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static Wire to(int port) {
        try {
            var socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), WAIT_MS);
            return new Wire(socket);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// For what takes its time: waits so long.
    Wire patient(int milliseconds) {
        try {
            socket.setSoTimeout(milliseconds);
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    Wire send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    Wire send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Everything up to and with the empty line that ends a head.
    String head() {
        return until("\r\n\r\n");
    }

    /// Everything up to and with `mark`; what there was when the connection ended first.
    String until(String mark) {
        var got = new StringBuilder();
        while (got.length() < mark.length() || got.indexOf(mark, got.length() - mark.length()) < 0) {
            int b = read();
            if (b < 0) {
                break;
            }
            got.append((char) b);
        }
        return got.toString();
    }

    byte[] bytes(int count) {
        try {
            return in.readNBytes(count);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    String text(int count) {
        return new String(bytes(count), StandardCharsets.ISO_8859_1);
    }

    /// A head and the body that its Content-Length announces.
    String answer() {
        String head = head();
        Matcher length = LENGTH.matcher(head);
        return length.find() ? head + text(Integer.parseInt(length.group(1))) : head;
    }

    /// Everything until the connection ends; with a `!` behind it when it ended by reset.
    String rest() {
        var got = new ByteArrayOutputStream();
        for (int b = read(); ; b = read()) {
            if (b < 0) {
                return got.toString(StandardCharsets.ISO_8859_1) + (b == -2 ? "!" : "");
            }
            got.write(b);
        }
    }

    /// The next byte, -1 at an orderly end, -2 at a reset.
    int read() {
        try {
            return in.read();
        } catch (SocketTimeoutException silent) {
            throw new UncheckedIOException(silent);
        } catch (IOException reset) {
            return -2;
        }
    }

    boolean ended() {
        return read() < 0;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
