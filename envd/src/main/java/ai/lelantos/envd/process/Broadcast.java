package ai.lelantos.envd.process;

import ai.lelantos.envd.rpc.Call;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.ProcessEvent;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One client's stream of a process: the start, the output as it comes, a sign of life when none comes.
final class Broadcast {

    private static final String KEEPALIVE_HEADER = "keepalive-ping-interval";
    private static final Duration KEEPALIVE_DEFAULT = Duration.ofSeconds(90);
    private static final ProcessEvent KEEPALIVE = ProcessEvent.newBuilder()
            .setKeepalive(ProcessEvent.KeepAlive.getDefaultInstance())
            .build();

    private final Output.Listener listener;
    private final Duration keepalive;
    private final Consumer<ProcessEvent> client;

    /// @param client sends, and waits while the client is slow
    Broadcast(Call call, Output.Listener listener, Consumer<ProcessEvent> client) {
        this.listener = listener;
        this.keepalive = interval(call.header(KEEPALIVE_HEADER));
        this.client = client;
    }

    /// Sends everything until the process is over, and gives how it ended.
    Exit run(int pid) {
        client.accept(ProcessEvent.newBuilder()
                .setStart(ProcessEvent.StartEvent.newBuilder().setPid(pid))
                .build());
        while (true) {
            switch (next()) {
                case null -> client.accept(KEEPALIVE);
                case Event.Chunk chunk -> client.accept(data(chunk));
                case Event.End(Exit exit) -> {
                    return exit;
                }
            }
        }
    }

    /// The last event in the wire's words.
    static ProcessEvent end(Exit exit) {
        var end = ProcessEvent.EndEvent.newBuilder()
                .setExitCode(exit.code())
                .setExited(exit.exited())
                .setStatus(exit.status());
        if (exit.error() != null) {
            end.setError(exit.error());
        }
        return ProcessEvent.newBuilder().setEnd(end).build();
    }

    /// Seconds; absent, unreadable and not positive mean the default.
    static Duration interval(@Nullable String header) {
        try {
            long seconds = header == null ? 0 : Long.parseLong(header.strip());
            return seconds > 0 && seconds <= Integer.MAX_VALUE ? Duration.ofSeconds(seconds) : KEEPALIVE_DEFAULT;
        } catch (NumberFormatException _) {
            return KEEPALIVE_DEFAULT;
        }
    }

    private @Nullable Event next() {
        try {
            return listener.next(keepalive);
        } catch (InterruptedException _) {
            throw new Refused(Code.CANCELED, "the agent stops");
        }
    }

    private static ProcessEvent data(Event.Chunk chunk) {
        var data = ProcessEvent.DataEvent.newBuilder();
        switch (chunk.stream()) {
            case STDOUT -> data.setStdout(chunk.bytes());
            case STDERR -> data.setStderr(chunk.bytes());
            case TERMINAL -> data.setPty(chunk.bytes());
        }
        return ProcessEvent.newBuilder().setData(data).build();
    }
}
