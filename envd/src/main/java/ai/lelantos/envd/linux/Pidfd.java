package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Processes by descriptor and by number: hear of their end, reap them, signal them.
final class Pidfd {

    static final int SIGKILL = 9;

    private static final long SYS_PIDFD_SEND_SIGNAL = 424;
    private static final long SYS_PIDFD_OPEN = 434;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;
    private static final int P_PID = 1;
    private static final int SIGINFO_BYTES = 128;

    private static final CFunction SYSCALL = CFunction.named("syscall");
    private static final CFunction KILL = CFunction.named("kill");
    private static final CFunction WAITPID = CFunction.named("waitpid");
    private static final CFunction WAITID = CFunction.named("waitid");

    private Pidfd() {}

    /// A descriptor that becomes readable when the child ends; minus errno where the kernel has none to give.
    static int open(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return SYSCALL.call(state, SYS_PIDFD_OPEN, pid, 0);
        }
    }

    /// 0, or minus errno.
    static int signal(int pidfd, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return SYSCALL.call(state, SYS_PIDFD_SEND_SIGNAL, pidfd, number, 0, 0);
        }
    }

    /// 0, or minus errno. Safe for a child of ours that is not reaped: its number is not given to another before.
    static int kill(int pid, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return KILL.call(state, pid, number);
        }
    }

    /// The status of a child that ended, which is thereby gone; minus errno, or minus EAGAIN while it runs.
    static long reap(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment status = arena.allocate(JAVA_INT);
            int waited = WAITPID.call(state, pid, status.address(), WNOHANG);
            if (waited == 0) {
                return -Errno.EAGAIN;
            }
            return waited < 0 ? waited : status.get(JAVA_INT, 0) & 0xffff_ffffL;
        }
    }

    /// Waits until a child ended, without reaping it; for a thread that has nothing else to do.
    static void awaitEnd(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment info = arena.allocate(SIGINFO_BYTES, 8);
            int waited = -Errno.EINTR;
            while (waited == -Errno.EINTR) {
                waited = WAITID.call(state, P_PID, pid, info.address(), WEXITED | WNOWAIT);
            }
        }
    }
}
