package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Commands;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import ai.lelantos.protocol.process.ProcessEvent;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A keystroke's way: typed, echoed by the terminal in the sandbox, seen again.
final class Terminal implements Scenario {

    private static final int ECHO_SECONDS_MAX = 10;

    @Override
    public String name() {
        return "pty";
    }

    @Override
    public String about() {
        return "keystroke to echo in a terminal";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, made -> {
            Commands commands = made.getFirst().commands();
            var pid = new CompletableFuture<Integer>();
            BlockingQueue<String> output = new LinkedBlockingQueue<>();
            Thread reader = Thread.ofVirtual().start(() -> commands.terminal(event -> take(event, pid, output)));
            int terminal = pid.get(ECHO_SECONDS_MAX, TimeUnit.SECONDS);
            commands.type(terminal, "PS1=; cat\n");
            var _ = echo(commands, terminal, output, "begin-marker\n", "begin-marker\r\nbegin-marker");
            Samples samples = Pace.count(1, bench.either(100, 500), () -> echo(commands, terminal, output, "k", "k"));
            bench.row(samples.row(name(), "keystroke echo", 1));
            commands.kill(terminal);
            reader.join();
        });
    }

    private static void take(ProcessEvent event, CompletableFuture<Integer> pid, BlockingQueue<String> output) {
        if (event.hasStart()) {
            pid.complete(event.getStart().getPid());
        } else if (event.hasData()) {
            output.add(event.getData().getPty().toStringUtf8());
        }
    }

    private static String echo(Commands commands, int pid, BlockingQueue<String> output, String keys, String awaited)
            throws Exception {
        output.clear();
        commands.type(pid, keys);
        var seen = new StringBuilder();
        while (seen.indexOf(awaited) < 0) {
            String more = output.poll(ECHO_SECONDS_MAX, TimeUnit.SECONDS);
            if (more == null) {
                throw new TimeoutException("no echo within " + ECHO_SECONDS_MAX + " s");
            }
            seen.append(more);
        }
        return seen.toString();
    }
}
