package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

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

    private static final CFunction CREATE = CFunction.named("epoll_create1");
    private static final CFunction CTL = CFunction.named("epoll_ctl");
    private static final CFunction WAIT = CFunction.named("epoll_wait");

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = Libc.state(arena);
    private final MemorySegment events = arena.allocate(EVENT_BYTES * EVENTS_MAX, 8);
    private final MemorySegment change = arena.allocate(EVENT_BYTES, 8);
    private final int fd;

    Epoll() throws Errno {
        fd = Errno.check(CREATE.call(state, Descriptors.O_CLOEXEC), "create an epoll");
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
        int count = WAIT.call(state, fd, events.address(), EVENTS_MAX, timeoutMillis);
        return count == -Errno.EINTR ? 0 : Errno.check(count, "wait for events");
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
        return CTL.call(state, fd, operation, watched, change.address());
    }
}
