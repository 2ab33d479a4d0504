package ai.lelantos.envd.logs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// One call to the host's log. A plain socket: a client that keeps connections would cost an idle agent memory.
final class Delivery {

    private static final int CONNECT_MILLIS_MAX = 1_000;
    private static final int READ_MILLIS_MAX = 5_000;
    private static final int STATUS_AT = "HTTP/1.1 ".length();
    private static final int STATUS_BYTES = 3;

    private Delivery() {}

    /// What became of it.
    enum Outcome {
        TAKEN,
        /// Surely not taken, which may change.
        LATER,
        /// Refused for good, or nobody knows.
        LOST
    }

    static Outcome post(InetSocketAddress host, String body) {
        try (var socket = new Socket()) {
            try {
                socket.connect(host, CONNECT_MILLIS_MAX);
                socket.setSoTimeout(READ_MILLIS_MAX);
            } catch (IOException _) {
                return Outcome.LATER;
            }
            socket.getOutputStream().write(request(host, body));
            byte[] answer = socket.getInputStream().readNBytes(STATUS_AT + STATUS_BYTES);
            return outcome(new String(answer, StandardCharsets.US_ASCII).substring(STATUS_AT));
        } catch (IOException | StringIndexOutOfBoundsException _) {
            return Outcome.LOST;
        }
    }

    /// A host that does not know us yet, is asked too much or cannot store says so by these.
    private static Outcome outcome(String status) {
        return switch (status) {
            case "200" -> Outcome.TAKEN;
            case "403", "429", "500", "502", "503" -> Outcome.LATER;
            default -> Outcome.LOST;
        };
    }

    private static byte[] request(InetSocketAddress host, String body) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        var request = new ByteArrayOutputStream(content.length + 200);
        request.writeBytes(("POST /logs HTTP/1.1\r\nHost: " + host.getHostString()
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + content.length
                        + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(content);
        return request.toByteArray();
    }
}
