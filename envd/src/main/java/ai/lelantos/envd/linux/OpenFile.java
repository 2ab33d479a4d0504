package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;

/// An open file of one thread: what was opened is what is read, whatever happens to its name.
public final class OpenFile implements AutoCloseable {

    private static final int O_CREAT = 0100;
    private static final int O_EXCL = 0200;
    private static final int O_TRUNC = 01000;

    /// What the umask 022 would leave of 0666, whatever the agent's is.
    private static final int FILE_MODE = 0644;

    private static final MethodHandle OPEN =
            Libc.variadic("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle FCHOWN =
            Libc.function("fchown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle PREAD =
            Libc.function("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = Libc.state(arena);
    private final FilePath path;
    private final int fd;

    private OpenFile(FilePath path, int flags, int mode) throws Errno {
        this.path = path;
        int opened;
        try (Arena call = Arena.ofConfined()) {
            int all = flags | Descriptors.O_CLOEXEC | Descriptors.O_NOCTTY;
            opened = Libc.result((int) OPEN.invokeExact(state, path.in(call), all, mode), state);
        } catch (Throwable thrown) {
            arena.close();
            throw Libc.unreachable(thrown);
        }
        if (opened < 0) {
            arena.close();
        }
        fd = Errno.check(opened, "open " + path);
    }

    /// Opens for reading. Never waits: a pipe without a writer opens as an empty one.
    public static OpenFile read(FilePath path) throws Errno {
        return new OpenFile(path, Descriptors.O_RDONLY | Descriptors.O_NONBLOCK, 0);
    }

    /// Opens an existing file for writing, and empties it. Never waits for a reader.
    public static OpenFile overwrite(FilePath path) throws Errno {
        return new OpenFile(path, Descriptors.O_WRONLY | Descriptors.O_NONBLOCK | O_TRUNC, 0);
    }

    /// Opens for writing what does not exist yet, or says EEXIST.
    public static OpenFile create(FilePath path) throws Errno {
        return new OpenFile(path, Descriptors.O_WRONLY | O_CREAT | O_EXCL, FILE_MODE);
    }

    public Stat stat() throws Errno {
        return Stat.of(fd);
    }

    /// Reads what fits; -1 at the end.
    public int read(ByteBuffer into) throws Errno {
        int count = Errno.check(
                Descriptors.read(fd, MemorySegment.ofBuffer(into), into.remaining(), state), "read " + path);
        into.position(into.position() + count);
        return count == 0 ? -1 : count;
    }

    /// Reads what fits from a place in the file; -1 at or behind the end.
    public int read(ByteBuffer into, long offset) throws Errno {
        try {
            long result =
                    (long) PREAD.invokeExact(state, fd, MemorySegment.ofBuffer(into), (long) into.remaining(), offset);
            int count = Errno.check((int) Libc.result(result, state), "read " + path);
            into.position(into.position() + count);
            return count == 0 ? -1 : count;
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// Writes all of it, in one call unless the kernel takes less.
    public void write(ByteBuffer bytes) throws Errno {
        while (bytes.hasRemaining()) {
            int count = Descriptors.write(fd, MemorySegment.ofBuffer(bytes), bytes.remaining(), state);
            int _ = Errno.check(count, "write " + path);
            bytes.position(bytes.position() + count);
        }
    }

    /// Gives the file to a user and a group.
    public void own(int uid, int gid) throws Errno {
        try {
            int done = Libc.result((int) FCHOWN.invokeExact(state, fd, uid, gid), state);
            int _ = Errno.check(done, "chown " + path);
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    @Override
    public void close() {
        Descriptors.close(fd);
        arena.close();
    }
}
