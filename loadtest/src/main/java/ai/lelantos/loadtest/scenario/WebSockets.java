package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.WebSocket;
import java.util.Objects;
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
            sandbox.upload("/home/user/echo.py", echoServer());
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

    private static byte[] echoServer() throws IOException {
        try (InputStream in = Objects.requireNonNull(WebSockets.class.getResourceAsStream("echo.py"))) {
            return in.readAllBytes();
        }
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
