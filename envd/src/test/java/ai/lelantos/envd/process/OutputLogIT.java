package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What commands write is told to the host's log, and neither waits for the other. Contract 5.11.
@Timeout(60)
class OutputLogIT {

    private static final int LINE_SECONDS_MAX = 20;

    private final LinkedBlockingQueue<JsonObject> told = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Integer> turnedAway = new LinkedBlockingQueue<>();
    private int port;
    private HttpServer host;
    private RealAgent agent;
    private Shell user;

    /// What the host says of every call.
    private volatile int answer = 200;

    @BeforeEach
    void start() throws IOException {
        host = listen(0);
        port = host.getAddress().getPort();
        agent = RealAgent.with()
                .environment("LELANTOS_ENVD_LOGS", "127.0.0.1:" + port)
                .start();
        user = new Shell(new AgentClient(agent.uri())).as("user");
        assertThat(user.run("echo nobody hears this").finish().getExitCode()).isZero();
        agent.init("{\"sandboxId\":\"iabc\"}");
    }

    @AfterEach
    void stop() {
        agent.close();
        host.stop(0);
    }

    private HttpServer listen(int at) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 0);
        server.createContext("/logs", this::take);
        server.start();
        return server;
    }

    private void take(HttpExchange exchange) throws IOException {
        int said = answer;
        try (exchange) {
            var body = JsonParser.parseString(
                            new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8))
                    .getAsJsonObject();
            if (said == 200) {
                assertThat(body.get("instanceID").getAsString()).isEqualTo("iabc");
                for (JsonElement line : body.getAsJsonArray("lines")) {
                    told.add(line.getAsJsonObject());
                }
            }
            exchange.sendResponseHeaders(said, -1);
            if (said != 200) {
                turnedAway.add(said);
            }
        }
    }

    /// The next line, as stream and message.
    private String line() throws InterruptedException {
        JsonObject line = Objects.requireNonNull(told.poll(LINE_SECONDS_MAX, TimeUnit.SECONDS), "no line in time");
        return line.get("stream").getAsString() + " " + line.get("message").getAsString();
    }

    private List<String> lines(int count) throws InterruptedException {
        var lines = new ArrayList<String>();
        while (lines.size() < count) {
            lines.add(line());
        }
        return lines;
    }

    @Test
    void linesOfBothStreamsAreToldWithTheirProcess() throws InterruptedException {
        Attached command = user.run("echo one; echo two é >&2; printf 'a\\nlast without an end'");
        command.finish();
        JsonObject first = Objects.requireNonNull(told.poll(LINE_SECONDS_MAX, TimeUnit.SECONDS), "no line in time");
        assertThat(first)
                .isEqualTo(
                        JsonParser.parseString("{\"level\":\"info\",\"message\":\"one\",\"stream\":\"stdout\",\"pid\":"
                                + command.pid() + "}"));
        assertThat(lines(3)).containsExactlyInAnyOrder("stderr two é", "stdout a", "stdout last without an end");
    }

    @Test
    void nothingOfAStreamIsLostOrOutOfOrder() throws InterruptedException {
        user.run("for i in $(seq 1 900); do echo $i; [ $((i % 300)) != 0 ] || sleep 0.3; done")
                .finish();
        assertThat(lines(900))
                .isEqualTo(IntStream.rangeClosed(1, 900)
                        .mapToObj(i -> "stdout " + i)
                        .toList());
    }

    @Test
    void aFloodIsCutShortAndSaidSo() throws InterruptedException {
        Attached command = user.run("yes 0123456789 | head -c 30000000; echo; echo over");
        command.finish();
        assertThat(command.stdout()).hasSize(30_000_006).endsWith("\nover\n");
        String line = line();
        int count = 0;
        for (; !line.startsWith("agent missing here: "); line = line()) {
            assertThat(line).isEqualTo("stdout 0123456789");
            assertThat(++count).isLessThanOrEqualTo(2_000);
        }
        assertThat(line).matches("agent missing here: .*bytes of output; the log takes 100 lines a second");
    }

    @Test
    void aHostThatIsAwayStopsNobodyAndHearsOfItLater() throws Exception {
        host.stop(0);
        user.run("echo while away").finish();
        Attached long_ = user.run("seq 1 200000 | tail -c 100");
        assertThat(long_.finish().getExitCode()).isZero();
        host = listen(port);
        assertThat(line()).isEqualTo("stdout while away");
    }

    @Test
    void aHostThatCannotKeepLinesIsAskedAgain() throws InterruptedException {
        answer = 503;
        user.run("echo patience").finish();
        assertThat(turnedAway.poll(LINE_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo(503);
        answer = 200;
        assertThat(line()).isEqualTo("stdout patience");
        turnedAway.clear();
        answer = 400;
        user.run("echo refused for good").finish();
        assertThat(turnedAway.poll(LINE_SECONDS_MAX, TimeUnit.SECONDS)).isEqualTo(400);
        answer = 200;
        user.run("echo after").finish();
        assertThat(lines(2))
                .containsExactlyInAnyOrder(
                        "stdout after", "agent missing here: 1 lines of output; the log takes 100 lines a second");
    }

    @Test
    void terminalsAreNotToldOfAndAnIdleAgentHasNoThreadForIt() throws Exception {
        user.start(Shell.terminal(80, 24, "/bin/sh", "-c", "echo shown on a terminal"))
                .finish();
        user.run("echo told").finish();
        assertThat(line()).isEqualTo("stdout told");
        awaitNoTeller();
        assertThat(told).isEmpty();
    }

    /// The thread ends by itself once it has nothing to tell; nobody hears of that.
    private void awaitNoTeller() throws InterruptedException {
        var never = new CountDownLatch(1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LINE_SECONDS_MAX);
        while (agent.threads().contains("envd-logs")) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
        }
    }
}
