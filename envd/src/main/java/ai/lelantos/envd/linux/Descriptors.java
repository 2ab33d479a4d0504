package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// File descriptors as plain numbers: open, read, write, close. Whoever holds the number closes it, once.
final class Descriptors {

    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_NOCTTY = 0400;
    static final int O_NONBLOCK = 04000;
    static final int O_CLOEXEC = 02000000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_OK = 0;

    /// Descriptors below this are those a child's standard streams are put on.
    private static final int FIRST_FREE = 4;

    private static final CFunction OPEN = CFunction.named("open");
    private static final CFunction CLOSE = CFunction.named("close");
    private static final CFunction READ = CFunction.named("read");
    private static final CFunction WRITE = CFunction.named("write");
    private static final CFunction PIPE2 = CFunction.named("pipe2");
    private static final CFunction FCNTL = CFunction.named("fcntl");
    private static final CFunction ACCESS = CFunction.named("access");

    private Descriptors() {}

    /// Opens a path, always close-on-exec.
    static int open(String path, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment name = Libc.string(arena, path);
            int fd = OPEN.call(state, name.address(), flags | O_CLOEXEC, 0);
            return Errno.check(fd, "open " + path);
        }
    }

    /// Closes; the descriptor is gone whatever the kernel answers, so there is nothing to handle.
    @CanIgnoreReturnValue
    static int close(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return CLOSE.call(state, fd);
        }
    }

    /// Bytes read into the buffer, 0 at the end, or minus errno. The state segment is the caller's, for hot paths.
    static int read(int fd, MemorySegment buffer, long bytesMax, MemorySegment state) {
        return READ.call(state, fd, buffer.address(), bytesMax);
    }

    /// Bytes written, or minus errno.
    static int write(int fd, MemorySegment bytes, long count, MemorySegment state) {
        return WRITE.call(state, fd, bytes.address(), count);
    }

    /// A pipe, both ends close-on-exec; flags apply to both.
    static Pipe pipe(int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment ends = arena.allocate(JAVA_INT, 2);
            int made = PIPE2.call(state, ends.address(), flags | O_CLOEXEC);
            int _ = Errno.check(made, "pipe");
            return new Pipe(above(ends.getAtIndex(JAVA_INT, 0)), above(ends.getAtIndex(JAVA_INT, 1)));
        }
    }

    /// A second descriptor of the same open file, close-on-exec.
    static int duplicate(int fd) throws Errno {
        return Errno.check(fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE), "duplicate a descriptor");
    }

    /// Makes reads and writes of this open file return at once; a pipe end has an open file of its own.
    static void setNonBlocking(int fd) throws Errno {
        int setStatusFlags = 4;
        int _ = Errno.check(fcntl(fd, setStatusFlags, O_NONBLOCK), "make a descriptor non-blocking");
    }

    /// 0 when the path exists, else minus errno.
    static int exists(String path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment name = Libc.string(arena, path);
            return ACCESS.call(state, name.address(), F_OK);
        }
    }

    private static int fcntl(int fd, int command, int argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return FCNTL.call(state, fd, command, argument);
        }
    }

    /// The same open file away from 0..3, which the agent may have been started without.
    private static int above(int fd) throws Errno {
        if (fd >= FIRST_FREE) {
            return fd;
        }
        int moved = duplicate(fd);
        close(fd);
        return moved;
    }

    /// The two ends of a pipe.
    record Pipe(int read, int write) {

        void close() {
            Descriptors.close(read);
            Descriptors.close(write);
        }
    }
}
