package ai.lelantos.envd.linux;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A started process: what it writes, how it ends, and the ways to act on it. Its end is reaped the moment it happens.
public final class NativeProcess {

    /// What one event may carry of a pipe, and of a terminal.
    private static final int PIPE_CHUNK_BYTES_MAX = 32 << 10;

    private static final int TERMINAL_CHUNK_BYTES_MAX = 16 << 10;

    /// What a pipe or terminal can hold when its writer dies; more than that was written by somebody else since.
    private static final int LAST_WORDS_BYTES_MAX = 128 << 10;

    private static final Logger LOG = System.getLogger(NativeProcess.class.getName());

    private final Loop loop;
    private final int pid;
    private final int pidfd;
    private final Map<Stream, Integer> outputs;
    private final @Nullable Outflow input;
    private final Map<Stream, Inflow> inflows = new EnumMap<>(Stream.class);
    private long pidfdToken;
    private boolean reaped;

    NativeProcess(Loop loop, int pid, Map<Stream, Integer> outputs, @Nullable Outflow input) {
        this.loop = loop;
        this.pid = pid;
        this.pidfd = Pidfd.open(pid);
        this.outputs = new EnumMap<>(outputs);
        this.input = input;
    }

    public int pid() {
        return pid;
    }

    /// Where its standard input or its terminal's keyboard is; none when it was started without.
    public Optional<Outflow> input() {
        return Optional.ofNullable(input);
    }

    /// From now on the watcher hears everything, on the loop. To be called once.
    public void watch(Watcher watcher) {
        loop.execute(() -> {
            outputs.forEach((stream, fd) -> read(stream, fd, watcher));
            awaitExit(watcher);
        });
    }

    /// On the loop: reads on after the watcher had enough.
    public void resume() {
        inflows.values().forEach(Inflow::resume);
    }

    /// On the loop: hands the watcher what the process left in its pipes; false while the watcher takes no more.
    public boolean drain() {
        boolean drained = true;
        for (Inflow inflow : inflows.values()) {
            drained &= inflow.isClosed() || inflow.drain(LAST_WORDS_BYTES_MAX);
        }
        return drained;
    }

    /// On the loop: closes everything that is still open, whoever else has its other end.
    public void release() {
        inflows.values().forEach(Inflow::close);
        if (input != null) {
            input.abandon();
        }
    }

    /// Sends a signal to this process alone; false when it has ended.
    public CompletableFuture<Boolean> signal(int number) {
        var sent = new CompletableFuture<Boolean>();
        loop.execute(() -> {
            int result = signalNow(number);
            if (result < 0 && result != -Errno.ESRCH) {
                sent.completeExceptionally(new Errno(-result, "signal " + number));
            } else {
                sent.complete(result == 0);
            }
        });
        return sent;
    }

    /// Changes its terminal's size; false when it has no terminal, or none any more.
    public CompletableFuture<Boolean> resize(Command.Size size) {
        var done = new CompletableFuture<Boolean>();
        loop.execute(() -> {
            Integer outer = outputs.get(Stream.TERMINAL);
            Inflow terminal = inflows.get(Stream.TERMINAL);
            try {
                if (outer == null || terminal == null || terminal.isClosed()) {
                    done.complete(false);
                } else {
                    Terminal.resize(outer, size);
                    done.complete(true);
                }
            } catch (Errno e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /// Ends it and forgets it; for one that never came to run its command.
    void discard() {
        loop.execute(() -> {
            outputs.values().forEach(Descriptors::close);
            if (input != null) {
                input.abandon();
            }
            int _ = signalNow(Pidfd.SIGKILL);
            awaitExit(Watcher.NOBODY);
        });
    }

    private int signalNow(int number) {
        if (reaped) {
            return -Errno.ESRCH;
        }
        return pidfd >= 0 ? Pidfd.signal(pidfd, number) : Pidfd.kill(pid, number);
    }

    private void read(Stream stream, int fd, Watcher watcher) {
        int chunkBytesMax = stream == Stream.TERMINAL ? TERMINAL_CHUNK_BYTES_MAX : PIPE_CHUNK_BYTES_MAX;
        var sink = new Inflow.Sink() {
            @Override
            public boolean chunk(byte[] bytes) {
                return watcher.output(stream, bytes);
            }

            @Override
            public void end() {
                watcher.outputEnded(stream);
            }
        };
        try {
            inflows.put(stream, Inflow.open(loop, fd, chunkBytesMax, sink));
        } catch (Errno e) {
            LOG.log(Level.ERROR, "cannot read the output of process " + pid, e);
            Descriptors.close(fd);
            watcher.outputEnded(stream);
        }
    }

    private void awaitExit(Watcher watcher) {
        try {
            if (pidfd >= 0) {
                pidfdToken = loop.watch(pidfd, Epoll.IN, _ -> reap(watcher));
                return;
            }
        } catch (Errno e) {
            LOG.log(Level.WARNING, "waiting for process " + pid + " with a thread of its own", e);
        }
        var _ = Thread.ofPlatform().daemon().name("wait-" + pid).start(() -> {
            Pidfd.awaitEnd(pid);
            loop.execute(() -> reap(watcher));
        });
    }

    private void reap(Watcher watcher) {
        long status = Pidfd.reap(pid);
        if (reaped || status == -Errno.EAGAIN) {
            return;
        }
        reaped = true;
        if (pidfd >= 0) {
            loop.forget(pidfd, pidfdToken);
            Descriptors.close(pidfd);
        }
        if (status < 0) {
            LOG.log(Level.ERROR, "process " + pid + " was reaped by another: " + Errno.text((int) -status));
        }
        watcher.exited(new WaitStatus((int) Math.max(status, 0)));
    }

    /// What a process writes to.
    public enum Stream {
        STDOUT,
        STDERR,
        TERMINAL
    }

    /// Hears of a process, always on the loop.
    public interface Watcher {

        Watcher NOBODY = new Watcher() {
            @Override
            public boolean output(Stream stream, byte[] chunk) {
                return true;
            }

            @Override
            public void outputEnded(Stream stream) {}

            @Override
            public void exited(WaitStatus status) {}
        };

        /// A chunk as it was read; the answer is whether to read on, until [NativeProcess#resume].
        boolean output(Stream stream, byte[] chunk);

        /// Everybody who had the writing end is gone.
        void outputEnded(Stream stream);

        /// The process itself is gone, also from the process table; others may still hold its outputs.
        void exited(WaitStatus status);
    }
}
