package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The server that proxies are measured before, in a sandbox, for as long as it is needed; it listens on two ports.
///
/// @param address where the sandbox is reached from this machine
record AnswerServer(Sandbox sandbox, String address, Thread stream) {

    private static final int START_SECONDS_MAX = 20;

    static AnswerServer in(Sandbox sandbox, int port) throws IOException, InterruptedException {
        try (InputStream in = Objects.requireNonNull(AnswerServer.class.getResourceAsStream("answers.js"))) {
            sandbox.upload("/home/user/answers.js", in.readAllBytes());
        }
        var ready = new LinkedBlockingQueue<String>();
        Thread stream = Thread.ofVirtual().start(() -> serve(sandbox, port, ready));
        String address = ready.poll(START_SECONDS_MAX, TimeUnit.SECONDS);
        if (address == null) {
            throw new IOException("no server in the sandbox within " + START_SECONDS_MAX + " s");
        }
        return new AnswerServer(sandbox, address.strip(), stream);
    }

    private static void serve(Sandbox sandbox, int port, BlockingQueue<String> ready) {
        try {
            var _ = sandbox.commands().stream(
                    "exec node /home/user/answers.js " + port, data -> ready.add(data.toStringUtf8()));
        } catch (RuntimeException _) {
            ready.add("the server's stream broke");
        }
    }

    void end() throws InterruptedException {
        var _ = sandbox.commands().run("pkill -f answers.js");
        stream.join();
    }
}
