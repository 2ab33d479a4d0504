package ai.lelantos.loadtest.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.lelantos.loadtest.drive.Commands;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Samples;

/// How long an agent takes from its start to its first answer: a second one, beside the sandbox's own and inside it.
final class AgentStart implements Scenario {

    /// Below those that the kernel gives to clients: asked there before anybody listens, a client could meet itself.
    private static final int PORT = 9_990;

    @Override
    public String name() {
        return "agent";
    }

    @Override
    public String about() {
        return "an agent's start to its first answer, inside a sandbox";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, sandboxes -> {
            sandboxes
                    .getFirst()
                    .upload("/tmp/start.py", tries(bench.either(5, 20)).getBytes(UTF_8));
            Commands.Finished said = sandboxes.getFirst().commands().run("exec python3 /tmp/start.py 2>&1");
            if (said.exitCode() != 0) {
                throw new IllegalStateException("an agent did not start: " + said.stdout());
            }
            bench.row(Samples.printed(said.stdout()).row(name(), "start to first answer", 1));
        });
    }

    /// Starts it on the loopback, asks until it answers, ends it, and prints the nanoseconds between.
    private static String tries(int count) {
        return """
            import http.client, os, subprocess, time
            told = dict(os.environ, LELANTOS_ENVD_HOST='127.0.0.1', LELANTOS_ENVD_PORT='%d', LELANTOS_ENVD_NICE='0')
            for i in range(%d):
                begin = time.perf_counter_ns()
                agent = subprocess.Popen(['/.lelantos/jre/bin/java', '@/.lelantos/envd.args'], env=told,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    while True:
                        try:
                            asked = http.client.HTTPConnection('127.0.0.1', %d, timeout=5)
                            asked.request('GET', '/health')
                            assert asked.getresponse().status == 204
                            break
                        except ConnectionRefusedError:
                            assert agent.poll() is None, 'it ended'
                            time.sleep(0.001)
                    print(time.perf_counter_ns() - begin)
                finally:
                    agent.kill()
                    agent.wait()
            """.formatted(PORT, count, PORT);
    }
}
