package ai.lelantos.loadtest.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.net.http.WebSocket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A WebSocket through the proxy to an echo server in the sandbox.
final class WebSockets implements Scenario {

    private static final int PORT = 8765;
    private static final int SECONDS_MAX = 10;

    /// Answers the handshake and sends every masked text frame of up to 125 bytes back.
    private static final String ECHO_SERVER = """
            import base64, hashlib, socket, threading
            def serve(c):
                head = b''
                while b'\\r\\n\\r\\n' not in head: head += c.recv(4096)
                key = [l.split(b':', 1)[1].strip() for l in head.split(b'\\r\\n') if l.lower().startswith(b'sec-websocket-key')][0]
                accept = base64.b64encode(hashlib.sha1(key + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest())
                c.sendall(b'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + b'\\r\\n\\r\\n')
                f = c.makefile('rb')
                while True:
                    h = f.read(2)
                    if len(h) < 2 or h[0] & 15 == 8: return c.close()
                    n = h[1] & 127; m = f.read(4); d = f.read(n)
                    c.sendall(bytes([0x81, n]) + bytes(b ^ m[i % 4] for i, b in enumerate(d)))
            s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(('0.0.0.0', 8765)); s.listen(); print('ready', flush=True)
            while True:
                c, _ = s.accept(); c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); threading.Thread(target=serve, args=(c,), daemon=True).start()
            """;

    @Override
    public String name() {
        return "websocket";
    }

    @Override
    public String about() {
        return "echo of small messages over a WebSocket to a server in the sandbox";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, made -> {
            Sandbox sandbox = made.getFirst();
            sandbox.upload("/home/user/echo.py", ECHO_SERVER.getBytes(UTF_8));
            var ready = new LinkedBlockingQueue<String>();
            Thread server = Thread.ofVirtual().start(() -> listen(sandbox, ready));
            var _ = next(ready);
            var echo = new Echo();
            WebSocket socket = sandbox.socket(PORT, "/", echo).get(SECONDS_MAX, TimeUnit.SECONDS);
            Samples samples = Pace.during(1, bench.seconds(3, 15), () -> {
                socket.sendText("ping", true).join();
                return next(echo.messages);
            });
            bench.row(samples.row(name(), "echo", 1));
            socket.abort();
            var _ = sandbox.commands().run("pkill -f echo.py");
            server.join();
        });
    }

    private static void listen(Sandbox sandbox, BlockingQueue<String> ready) {
        try {
            var _ = sandbox.commands().stream(
                    "exec python3 /home/user/echo.py", data -> ready.add(data.toStringUtf8()));
        } catch (RuntimeException _) {
            ready.add("the server's stream broke");
        }
    }

    private static String next(BlockingQueue<String> queue) throws Exception {
        String next = queue.poll(SECONDS_MAX, TimeUnit.SECONDS);
        if (next == null) {
            throw new TimeoutException("nothing came within " + SECONDS_MAX + " s");
        }
        return next;
    }

    /// Collects whole messages.
    private static final class Echo implements WebSocket.Listener {

        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        private final StringBuilder parts = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            parts.append(data);
            if (last) {
                messages.add(parts.toString());
                parts.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }
}
