package ai.lelantos.gateway.runtime.container;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;

/// The few system calls the driver needs and the JDK does not offer; the gateway's only foreign code.
@SuppressWarnings("restricted")
final class Kernel {

    static final int SIGKILL = 9;

    /// From `poll(2)`.
    static final short POLLIN = 1;

    private static final long PIDFD_OPEN = 434;
    private static final long PIDFD_SEND_SIGNAL = 424;
    private static final int ESRCH = 3;
    private static final int EINTR = 4;
    private static final int O_CLOEXEC = 02000000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int EFD_CLOEXEC = 02000000;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout PTR = ValueLayout.ADDRESS;

    private static final MethodHandle SYSCALL = variadic("syscall", 1, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final MethodHandle OPEN = variadic("open", 2, INT, PTR, INT, INT);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle SETNS = function("setns", INT, INT, INT);
    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle WRITE = function("write", LONG, INT, PTR, LONG);
    private static final MethodHandle READ = function("read", LONG, INT, PTR, LONG);
    private static final MethodHandle POLL = function("poll", INT, PTR, LONG, INT);
    private static final MethodHandle STATVFS = function("statvfs", INT, PTR, PTR);

    /// A full file system's size and what is used of it, bytes.
    record Space(long total, long used) {}

    private Kernel() {}

    /// A descriptor that becomes readable when the process ends; -1 when there is no such process.
    static int pidfdOpen(long pid) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long fd = (long) SYSCALL.invokeExact(state, PIDFD_OPEN, pid, 0L, 0L, 0L);
            if (fd < 0 && errno(state) == ESRCH) {
                return -1;
            }
            return (int) checked(state, fd, "pidfd_open");
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    /// Signals exactly the process behind the descriptor; nothing when it has ended.
    static void signal(int pidfd, int signal) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long done = (long) SYSCALL.invokeExact(state, PIDFD_SEND_SIGNAL, (long) pidfd, (long) signal, 0L, 0L);
            if (done < 0 && errno(state) == ESRCH) {
                return;
            }
            checked(state, done, "pidfd_send_signal");
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    static void close(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            int _ = (int) CLOSE.invokeExact(arena.allocate(STATE), fd);
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }

    static int eventfd() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            return (int) checked(state, (int) EVENTFD.invokeExact(state, 0, EFD_CLOEXEC), "eventfd");
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    static void wake(int eventfd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long done = (long) WRITE.invokeExact(state, eventfd, arena.allocateFrom(LONG, 1L), 8L);
            checked(state, done, "write");
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    static void drain(int eventfd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long done = (long) READ.invokeExact(state, eventfd, arena.allocate(8), 8L);
            checked(state, done, "read");
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    /// Waits until one of the descriptors is readable; which ones, in their order.
    static boolean[] await(int[] fds) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment polls = arena.allocate(8L * fds.length, 4);
            for (int i = 0; i < fds.length; i++) {
                polls.set(INT, 8L * i, fds[i]);
                polls.set(ValueLayout.JAVA_SHORT, 8L * i + 4, POLLIN);
            }
            MemorySegment state = arena.allocate(STATE);
            int ready = (int) POLL.invokeExact(state, polls, (long) fds.length, -1);
            boolean[] readable = new boolean[fds.length];
            if (ready < 0 && errno(state) == EINTR) {
                return readable;
            }
            checked(state, ready, "poll");
            for (int i = 0; i < fds.length; i++) {
                readable[i] = polls.get(ValueLayout.JAVA_SHORT, 8L * i + 6) != 0;
            }
            return readable;
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    /// Moves the calling thread, and only it, into a network namespace: sockets it opens from now on belong there.
    static void enterNetwork(Path namespace) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment path = arena.allocateFrom(namespace.toString());
            int fd = (int) checked(state, (int) OPEN.invokeExact(state, path, O_CLOEXEC, 0), "open " + namespace);
            int done = (int) SETNS.invokeExact(state, fd, CLONE_NEWNET);
            int error = errno(state);
            close(fd);
            if (done < 0) {
                throw new IOException("setns " + namespace + ": errno " + error);
            }
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    /// The file system a path lies on.
    static Space space(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            MemorySegment stat = arena.allocate(256, 8); // struct statvfs is 112 bytes on 64-bit Linux
            int done = (int) STATVFS.invokeExact(state, arena.allocateFrom(path.toString()), stat);
            checked(state, done, "statvfs " + path);
            long fragment = stat.get(LONG, 8);
            long total = stat.get(LONG, 16) * fragment;
            return new Space(total, total - stat.get(LONG, 24) * fragment);
        } catch (Throwable failure) {
            throw passed(failure);
        }
    }

    @CanIgnoreReturnValue
    private static long checked(MemorySegment state, long result, String call) throws IOException {
        if (result < 0) {
            throw new IOException(call + ": errno " + errno(state));
        }
        return result;
    }

    private static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    private static IOException passed(Throwable failure) {
        return switch (failure) {
            case IOException expected -> expected;
            case RuntimeException bug -> throw bug;
            case Error bug -> throw bug;
            case Throwable unreachable -> throw new AssertionError(unreachable);
        };
    }

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(fixed));
    }
}
