package ai.lelantos.envd.linux;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The agent's place before everything it starts: first to run, first to read and write, last to be killed for memory.
/// What the kernel does not allow is left as it is; commands never inherit it.
public final class Precedence {

    private static final Logger LOG = System.getLogger(Precedence.class.getName());
    private static final int NEVER_KILL = -1000;
    private static final int PRIO_PROCESS = 0;
    private static final long IOPRIO_WHO_PROCESS = 1;
    private static final long IOPRIO_REALTIME_4 = (1 << 13) | 4;
    private static final long SYS_IOPRIO_SET = System.getProperty("os.arch").equals("amd64") ? 251 : 30;

    private static final CFunction SETPRIORITY = CFunction.named("setpriority");
    private static final CFunction IOPRIO_SET = CFunction.named("syscall");

    private Precedence() {}

    /// Takes it for every thread there is; threads made later inherit it.
    public static void take(int nice) {
        try {
            var _ = Files.writeString(Path.of("/proc/self/oom_score_adj"), Integer.toString(NEVER_KILL));
        } catch (IOException e) {
            LOG.log(Level.INFO, "the kernel may kill the agent for memory like any other process: " + e.getMessage());
        }
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            threads.forEach(
                    thread -> raise(Integer.parseInt(thread.getFileName().toString()), nice));
        } catch (IOException e) {
            LOG.log(Level.INFO, "the agent runs at the priority of its commands: " + e.getMessage());
        }
    }

    private static void raise(int thread, int nice) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int _ = SETPRIORITY.call(state, PRIO_PROCESS, thread, nice);
            int _ = IOPRIO_SET.call(state, SYS_IOPRIO_SET, IOPRIO_WHO_PROCESS, thread, IOPRIO_REALTIME_4);
        }
    }
}
