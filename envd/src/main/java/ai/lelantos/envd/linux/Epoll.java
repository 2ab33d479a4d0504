package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The kernel's event queue, for one thread: [Loop] is its only user.
final class Epoll implements AutoCloseable {

    static final int IN = 0x001;
    static final int OUT = 0x004;
    static final int ERR = 0x008;
    static final int HUP = 0x010;
    static final int EDGE = 1 << 31;

    private static final int CTL_ADD = 1;
    private static final int CTL_DEL = 2;
    private static final int EVENTS_MAX = 256;

    /// The kernel packs the event on x86-64 and nowhere else.
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");

    private static final long EVENT_BYTES = PACKED ? 12 : 16;
    private static final long TOKEN_AT = PACKED ? 4 : 8;

    private static final MethodHandle CREATE =
            Libc.function("epoll_create1", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle CTL =
            Libc.function("epoll_ctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle WAIT =
            Libc.function("epoll_wait", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = Libc.state(arena);
    private final MemorySegment events = arena.allocate(EVENT_BYTES * EVENTS_MAX, 8);
    private final MemorySegment change = arena.allocate(EVENT_BYTES, 8);
    private final int fd;

    Epoll() throws Errno {
        try {
            fd = Errno.check(
                    Libc.result((int) CREATE.invokeExact(state, Descriptors.O_CLOEXEC), state), "create an epoll");
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    void add(int watched, int interest, long token) throws Errno {
        change.set(JAVA_INT_UNALIGNED, 0, interest);
        change.set(JAVA_LONG_UNALIGNED, TOKEN_AT, token);
        int _ = Errno.check(control(CTL_ADD, watched), "watch a descriptor");
    }

    /// Forgets a descriptor; one that is closed already is forgotten by the kernel.
    void remove(int watched) {
        int _ = control(CTL_DEL, watched);
    }

    /// Waits for events, -1 for ever; the number of them, which an interrupting signal makes 0.
    int await(int timeoutMillis) throws Errno {
        try {
            int count = Libc.result((int) WAIT.invokeExact(state, fd, events, EVENTS_MAX, timeoutMillis), state);
            return count == -Errno.EINTR ? 0 : Errno.check(count, "wait for events");
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    int event(int index) {
        return events.get(JAVA_INT_UNALIGNED, index * EVENT_BYTES);
    }

    long token(int index) {
        return events.get(JAVA_LONG_UNALIGNED, index * EVENT_BYTES + TOKEN_AT);
    }

    @Override
    public void close() {
        Descriptors.close(fd);
        arena.close();
    }

    private int control(int operation, int watched) {
        try {
            return Libc.result((int) CTL.invokeExact(state, fd, operation, watched, change), state);
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }
}
