package ai.lelantos.envd.ports;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.RealAgent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Contract 4.12 and row A11 of 9.3, in a network of the sandbox's own whose address is 10.77.0.2.
@Timeout(90)
class ExposureIT {

    /// Listens, says so, serves one line to each connection, and counts those on standard error when told to end.
    private static final String SERVER = """
            import socket, sys, threading
            host, port = sys.argv[1], int(sys.argv[2])
            info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            server = socket.socket(info[0], socket.SOCK_STREAM)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if host == '::': server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            server.bind(info[4]); server.listen(16)
            """;

    private static final String CLIENT = """
            import socket, sys, time
            def ask(port, seconds=10):
                end = time.monotonic() + seconds
                while True:
                    try:
                        with socket.create_connection(('10.77.0.2', port), 2) as c:
                            c.sendall(b'hello'); c.shutdown(socket.SHUT_WR)
                            got = c.makefile('rb').read()
                            if got: return got.decode()
                    except OSError as e:
                        got = e
                    if time.monotonic() > end: return 'unreachable: %s' % got
                    time.sleep(0.05)
            """;

    private static final String SERVE = """
            served = [0]
            def serve():
                while True:
                    c, _ = server.accept(); served[0] += 1
                    c.sendall(b'echo ' + c.makefile('rb').read()); c.close()
            threading.Thread(target=serve, daemon=True).start()
            """;

    private static RealAgent agent;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.with().ownNetwork().start();
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "127.0.0.1", "localhost", "::1"})
    void aServerIsReachableHoweverItIsBound(String host) throws Exception {
        String said = python(SERVER + SERVE + CLIENT + "print(ask(port))", host, "3210");
        assertThat(said).isEqualTo("echo hello\n");
    }

    @Test
    void nobodyConnectsToAServerUnasked() throws Exception {
        String said = python(
                SERVER + "server.settimeout(3)\n"
                        + "try: server.accept(); print('somebody came')\nexcept TimeoutError: print('nobody')",
                "127.0.0.1",
                "3211");
        assertThat(said).isEqualTo("nobody\n");
    }

    @Test
    void theSuccessorOfALocalServerMayTakeTheWholePort() throws Exception {
        String said = python(SERVER + SERVE + CLIENT + """
                        print(ask(port))
                        """, "127.0.0.1", "3212");
        assertThat(said).isEqualTo("echo hello\n");
        // The first server ended with its process: the next one starts right away, as a development server would.
        // The kernel tells the agent, which then has to run: on a busy machine that takes a moment, but no scan.
        String successor = "import time\nend = time.monotonic() + 1\nwhile True:\n    try:\n"
                + SERVER.indent(8)
                + "        print('bound'); break\n    except OSError:\n        if time.monotonic() > end: raise\n";
        assertThat(python(successor, "0.0.0.0", "3212")).isEqualTo("bound\n");
    }

    private static String python(String program, String... arguments) throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(
                java.util.List.of("nsenter", "-t", Long.toString(agent.pid()), "-n", "-m", "python3", "-c", program));
        command.addAll(java.util.List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
