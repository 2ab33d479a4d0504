package ai.lelantos.envd.process;

import ai.lelantos.envd.linux.Command;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.NativeProcess;
import ai.lelantos.envd.linux.Outflow;
import ai.lelantos.envd.linux.WaitStatus;
import ai.lelantos.envd.logs.OutputLog;
import ai.lelantos.protocol.process.ProcessInfo;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A process from its start to its last event, which comes when it is gone and everything it wrote was read.
///
/// Who signals it, and its own deadline, no longer want what others write into its pipes: then the last event follows
/// its death at once, with what it had written itself.
final class Child implements NativeProcess.Watcher {

    static final int SIGTERM = 15;
    static final int SIGKILL = 9;

    /// How much earlier than its caller's deadline a process is killed, so that it is gone when the caller is told.
    private static final Duration HEAD_START = Duration.ofMillis(50);

    /// How long a slow listener may hold up the end of a signalled process.
    private static final Duration LAST_WORDS_MAX = Duration.ofMillis(200);

    private final Loop loop;
    private final NativeProcess process;
    private final ProcessInfo info;
    private final boolean onTerminal;
    private final Output output;
    private final OutputLog.Source log;
    private final Consumer<Child> retire;
    private final CompletableFuture<Exit> ended = new CompletableFuture<>();
    private volatile boolean overdue;

    // The loop's.
    private int openOutputs;
    private @Nullable Exit exit;
    private boolean signalled;
    private Loop.@Nullable Timer deadline;
    private Loop.@Nullable Timer lastWords;

    /// @param retire runs on the loop when the process is over, before anybody hears so
    Child(
            Loop loop,
            NativeProcess process,
            ProcessInfo info,
            boolean onTerminal,
            ReplayStore.Ring ring,
            OutputLog.Source log,
            Consumer<Child> retire) {
        this.loop = loop;
        this.process = process;
        this.info = info;
        this.onTerminal = onTerminal;
        this.output = new Output(ring, () -> loop.execute(this::readOn));
        this.log = log;
        this.retire = retire;
        this.openOutputs = onTerminal ? 1 : 2;
    }

    /// Begins to read and wait; kills it after the timeout, whoever is there or not.
    void begin(Optional<Duration> timeout) {
        timeout.ifPresent(limit -> {
            Duration twentieth = limit.dividedBy(20);
            Duration headStart = twentieth.compareTo(HEAD_START) < 0 ? twentieth : HEAD_START;
            deadline = loop.after(limit.minus(headStart), this::expire);
        });
        process.watch(this);
    }

    int pid() {
        return info.getPid();
    }

    /// As it was asked for, with its pid and tag.
    ProcessInfo info() {
        return info;
    }

    Output output() {
        return output;
    }

    boolean isOnTerminal() {
        return onTerminal;
    }

    /// Whether its own deadline killed it.
    boolean isOverdue() {
        return overdue;
    }

    /// Its standard input, or its terminal's keyboard; none when it was started without.
    Optional<Outflow> input() {
        return process.input();
    }

    /// Completes when it is over and no longer listed.
    CompletableFuture<Exit> ended() {
        return ended;
    }

    CompletableFuture<Boolean> resize(Command.Size size) {
        return process.resize(size);
    }

    /// Sends a signal; false if it is dead already and only others keep its pipes open, which ends that too.
    CompletableFuture<Boolean> signal(int number) {
        CompletableFuture<Boolean> sent = process.signal(number);
        loop.execute(() -> {
            signalled = true;
            endIfOver();
        });
        return sent;
    }

    private void expire() {
        overdue = true;
        var _ = signal(SIGKILL);
    }

    @Override
    public boolean output(NativeProcess.Stream stream, byte[] chunk) {
        boolean room = output.publish(stream, chunk);
        log.take(stream, chunk);
        return room;
    }

    @Override
    public void outputEnded(NativeProcess.Stream stream) {
        openOutputs--;
        endIfOver();
    }

    @Override
    public void exited(WaitStatus status) {
        exit = Exit.of(status);
        endIfOver();
    }

    private void readOn() {
        if (output.hasRoom()) {
            process.resume();
            endIfOver();
        }
    }

    private void endIfOver() {
        if (exit == null || ended.isDone()) {
            return;
        }
        if (openOutputs == 0) {
            end();
        } else if (signalled && process.drain()) {
            end();
        } else if (signalled && lastWords == null) {
            lastWords = loop.after(LAST_WORDS_MAX, this::end);
        }
    }

    private void end() {
        Exit how = exit;
        if (how == null || ended.isDone()) {
            return;
        }
        if (deadline != null) {
            deadline.cancel();
        }
        if (lastWords != null) {
            lastWords.cancel();
        }
        process.release();
        retire.accept(this);
        ended.complete(how);
        output.end(how);
        log.end();
    }
}
