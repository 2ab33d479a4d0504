package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The server that proxies are measured before, in a sandbox, for as long as it is needed; it listens on two ports.
/// Compiled there: it must neither be what is waited for nor leave it to the proxy who ends a connection first.
///
/// @param address where the sandbox is reached from this machine
record AnswerServer(Sandbox sandbox, String address, Thread stream) {

    private static final int START_SECONDS_MAX = 20;
    private static final String SOURCE = "answers.c";
    private static final String PROGRAM = "/home/user/answers";

    /// One that may run wherever it likes.
    static AnswerServer in(Sandbox sandbox, int port) throws IOException, InterruptedException {
        return in(sandbox, port, "0-" + (Runtime.getRuntime().availableProcessors() - 1));
    }

    /// @param processors that it may use, a list as the kernel writes it
    static AnswerServer in(Sandbox sandbox, int port, String processors) throws IOException, InterruptedException {
        try (InputStream in = Objects.requireNonNull(AnswerServer.class.getResourceAsStream(SOURCE))) {
            sandbox.upload(PROGRAM + ".c", in.readAllBytes());
        }
        int compiled = sandbox.commands()
                .run("gcc -std=c17 -O2 -o " + PROGRAM + " " + PROGRAM + ".c")
                .exitCode();
        if (compiled != 0) {
            throw new IOException("the server does not compile in the sandbox: gcc left with " + compiled);
        }
        var ready = new LinkedBlockingQueue<String>();
        Thread stream = Thread.ofVirtual()
                .start(() -> serve(sandbox, "exec taskset -c " + processors + " " + PROGRAM + " " + port, ready));
        String address = ready.poll(START_SECONDS_MAX, TimeUnit.SECONDS);
        if (address == null) {
            throw new IOException("no server in the sandbox within " + START_SECONDS_MAX + " s");
        }
        return new AnswerServer(sandbox, address.strip(), stream);
    }

    private static void serve(Sandbox sandbox, String line, BlockingQueue<String> ready) {
        try {
            var _ = sandbox.commands().stream(line, data -> ready.add(data.toStringUtf8()));
        } catch (RuntimeException _) {
            ready.add("the server's stream broke");
        }
    }

    void end() throws InterruptedException {
        var _ = sandbox.commands().run("pkill -x answers");
        stream.join();
    }
}
