package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Starts commands: the agent spawns its small helper, the helper becomes the user and then the command.
///
/// The helper's process, not the agent's, takes the user's identity: no thread of the agent can ever be signalled by
/// a user of the sandbox. The helper tells over a pipe why it could not become the command, and closes it by becoming
/// it.
public final class Spawner {

    /// What the helper may take; a directory on a dead network mount takes for ever.
    private static final Duration SETUP_MAX = Duration.ofSeconds(10);

    private static final int STATUS_FD = 3;
    private static final int FILE_ACTIONS_BYTES = 256;

    private static final CFunction SPAWN = CFunction.named("posix_spawn");
    private static final CFunction ACTIONS_INIT = CFunction.named("posix_spawn_file_actions_init");
    private static final CFunction ACTIONS_DUP2 = CFunction.named("posix_spawn_file_actions_adddup2");
    private static final CFunction ACTIONS_DESTROY = CFunction.named("posix_spawn_file_actions_destroy");

    private final Loop loop;
    private final Path helper;
    private final int nothing;

    /// A spawner with its helper, which must be there: an agent that can start nothing should not start.
    public Spawner(Loop loop, Path helper) throws Errno {
        if (!Files.isExecutable(helper)) {
            throw new Errno(Errno.ENOENT, "the exec helper " + helper);
        }
        this.loop = loop;
        this.helper = helper;
        this.nothing = Descriptors.open("/dev/null", Descriptors.O_RDWR);
    }

    /// Whether a path exists for the agent itself; what a user may do there only the user's process finds out.
    public static boolean exists(String path) throws Errno {
        int found = Descriptors.exists(path);
        return found != -Errno.ENOENT && found != -Errno.ENOTDIR;
    }

    /// Starts a command and waits until it runs. A command that cannot be found runs too: it says so itself, like a
    /// shell, and exits with 127.
    public NativeProcess spawn(Command command) throws Errno {
        var ends = new Ends();
        Descriptors.Pipe status = null;
        NativeProcess process;
        try {
            openStreams(command, ends);
            status = Descriptors.pipe(0);
            int pid = posixSpawn(command, ends, status.write());
            process = new NativeProcess(loop, pid, ends.outputs, ends.input(loop));
        } catch (Errno e) {
            ends.closeOurs();
            if (status != null) {
                Descriptors.close(status.read());
            }
            throw e;
        } finally {
            ends.closeTheirs();
            if (status != null) {
                Descriptors.close(status.write());
            }
        }
        try {
            awaitRunning(command, status.read());
        } catch (Errno e) {
            process.discard();
            throw e;
        }
        return process;
    }

    private void openStreams(Command command, Ends ends) throws Errno {
        if (command.terminal().isPresent()) {
            Terminal.Pair pair =
                    Terminal.open(command.user(), command.terminal().get());
            ends.outputs.put(NativeProcess.Stream.TERMINAL, pair.outer());
            ends.theirs.addAll(List.of(pair.inner(), pair.inner(), pair.inner()));
            ends.opened.add(pair.inner());
            ends.inputFd = Descriptors.duplicate(pair.outer());
            return;
        }
        if (command.stdin()) {
            Descriptors.Pipe stdin = Descriptors.pipe(0);
            ends.opened.add(stdin.read());
            ends.inputFd = stdin.write();
            Descriptors.setNonBlocking(stdin.write());
            ends.theirs.add(stdin.read());
        } else {
            ends.theirs.add(nothing);
        }
        for (var stream : List.of(NativeProcess.Stream.STDOUT, NativeProcess.Stream.STDERR)) {
            Descriptors.Pipe pipe = Descriptors.pipe(0);
            ends.opened.add(pipe.write());
            ends.outputs.put(stream, pipe.read());
            Descriptors.setNonBlocking(pipe.read());
            ends.theirs.add(pipe.write());
        }
    }

    private int posixSpawn(Command command, Ends ends, int statusFd) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment actions = arena.allocate(FILE_ACTIONS_BYTES, 16);
            MemorySegment pid = arena.allocate(JAVA_INT);
            MemorySegment path = Libc.string(arena, helper.toString());
            MemorySegment arguments = Libc.strings(arena, helperArguments(command));
            MemorySegment environment = Libc.strings(arena, command.environment());
            check(ACTIONS_INIT.call(state, actions.address()));
            try {
                for (int fd = 0; fd < ends.theirs.size(); fd++) {
                    check(ACTIONS_DUP2.call(state, actions.address(), ends.theirs.get(fd), fd));
                }
                check(ACTIONS_DUP2.call(state, actions.address(), statusFd, STATUS_FD));
                check(SPAWN.call(
                        state,
                        pid.address(),
                        path.address(),
                        actions.address(),
                        0,
                        arguments.address(),
                        environment.address()));
                return pid.get(JAVA_INT, 0);
            } finally {
                int _ = ACTIONS_DESTROY.call(state, actions.address());
            }
        }
    }

    /// These functions give the error number itself, not -1.
    private static void check(int error) throws Errno {
        if (error != 0) {
            throw new Errno(error, "spawn");
        }
    }

    private List<String> helperArguments(Command command) {
        User user = command.user();
        var arguments = new ArrayList<String>(command.arguments().size() + 7);
        arguments.add(helper.toString());
        arguments.add(Integer.toUnsignedString(user.uid()));
        arguments.add(Integer.toUnsignedString(user.gid()));
        arguments.add(user.groups().stream().map(Integer::toUnsignedString).collect(Collectors.joining(",")));
        arguments.add(command.terminal().isPresent() ? "1" : "0");
        arguments.add(command.cgroup().orElse("-"));
        arguments.add(command.directory());
        arguments.addAll(command.arguments());
        return arguments;
    }

    private void awaitRunning(Command command, int status) throws Errno {
        var report = new CompletableFuture<Report>();
        loop.execute(() -> listen(status, report));
        // The loop's timer: a CompletableFuture's own would need a thread, which user code may have left none for.
        String what = "enter " + command.directory() + " as " + command.user().name();
        Loop.Timer patience =
                loop.after(SETUP_MAX, () -> report.completeExceptionally(new Errno(Errno.ETIMEDOUT, what)));
        try {
            Report told = report.join();
            if (told.error() != 0) {
                throw new Errno(told.error(), told.stageOf(command));
            }
        } catch (CompletionException e) {
            throw e.getCause() instanceof Errno errno ? errno : new Errno(Errno.EIO, what);
        } finally {
            patience.cancel();
        }
    }

    /// On the loop: the report when it comes, or when the pipe closes because the command runs.
    private void listen(int status, CompletableFuture<Report> report) {
        try {
            long[] token = new long[1];
            token[0] = loop.watch(status, Epoll.IN, _ -> {
                MemorySegment buffer = loop.buffer();
                int count = Descriptors.read(status, buffer, Report.BYTES, loop.state());
                if (count != -Errno.EINTR) {
                    loop.forget(status, token[0]);
                    report.complete(count == Report.BYTES ? Report.read(buffer) : Report.RUNS);
                }
            });
            var _ = report.whenComplete((_, _) -> loop.execute(() -> {
                loop.forget(status, token[0]);
                Descriptors.close(status);
            }));
        } catch (Errno e) {
            Descriptors.close(status);
            report.completeExceptionally(e);
        }
    }

    /// What the helper says on its pipe: where it failed and why.
    private record Report(int stage, int error) {

        private static final int BYTES = 8;
        private static final Report RUNS = new Report(0, 0);

        static Report read(MemorySegment buffer) {
            return new Report(buffer.get(JAVA_INT, 0), buffer.get(JAVA_INT, JAVA_INT.byteSize()));
        }

        String stageOf(Command command) {
            return switch (stage) {
                case 2 -> "take the terminal";
                case 3 -> "setgroups";
                case 4 -> "setuid " + Integer.toUnsignedString(command.user().uid());
                case 5 -> "chdir " + command.directory();
                default -> "spawn";
            };
        }
    }

    /// The descriptors of one spawn, ours and theirs, until they have an owner.
    private static final class Ends {

        private final Map<NativeProcess.Stream, Integer> outputs = new EnumMap<>(NativeProcess.Stream.class);
        private final List<Integer> theirs = new ArrayList<>();
        private final List<Integer> opened = new ArrayList<>();
        private int inputFd = -1;

        @Nullable
        Outflow input(Loop loop) {
            return inputFd < 0 ? null : new Outflow(loop, inputFd);
        }

        void closeOurs() {
            outputs.values().forEach(Descriptors::close);
            if (inputFd >= 0) {
                Descriptors.close(inputFd);
            }
        }

        void closeTheirs() {
            opened.forEach(Descriptors::close);
        }
    }
}
