package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

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

    private static final MethodHandle OPEN =
            Libc.variadic("syscall", 1, FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle SEND = Libc.variadic(
            "syscall", 1, FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG));
    private static final MethodHandle KILL = Libc.function("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle WAITPID =
            Libc.function("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle WAITID =
            Libc.function("waitid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));

    private Pidfd() {}

    /// A descriptor that becomes readable when the child ends; minus errno where the kernel has none to give.
    static int open(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return (int) Libc.result((long) OPEN.invokeExact(state, SYS_PIDFD_OPEN, (long) pid, 0L), state);
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// 0, or minus errno.
    static int signal(int pidfd, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            long sent = (long)
                    SEND.invokeExact(state, SYS_PIDFD_SEND_SIGNAL, (long) pidfd, (long) number, MemorySegment.NULL, 0L);
            return (int) Libc.result(sent, state);
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// 0, or minus errno. Safe for a child of ours that is not reaped: its number is not given to another before.
    static int kill(int pid, int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return Libc.result((int) KILL.invokeExact(state, pid, number), state);
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// The status of a child that ended, which is thereby gone; minus errno, or minus EAGAIN while it runs.
    static long reap(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment status = arena.allocate(JAVA_INT);
            int waited = Libc.result((int) WAITPID.invokeExact(state, pid, status, WNOHANG), state);
            if (waited == 0) {
                return -Errno.EAGAIN;
            }
            return waited < 0 ? waited : status.get(JAVA_INT, 0) & 0xffff_ffffL;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// Waits until a child ended, without reaping it; for a thread that has nothing else to do.
    static void awaitEnd(int pid) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment info = arena.allocate(SIGINFO_BYTES, 8);
            int waited = -Errno.EINTR;
            while (waited == -Errno.EINTR) {
                waited = Libc.result((int) WAITID.invokeExact(state, P_PID, pid, info, WEXITED | WNOWAIT), state);
            }
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }
}
