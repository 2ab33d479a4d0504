package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// An open file of one thread: what was opened is what is read, whatever happens to its name.
public final class OpenFile implements AutoCloseable {

    private static final int O_CREAT = 0100;
    private static final int O_EXCL = 0200;
    private static final int O_TMPFILE = 020200000;

    /// What the umask 022 would leave of 0666, whatever the agent's is.
    private static final int FILE_MODE = 0644;

    private static final int PRIVATE_MODE = 0600;
    private static final int FALLOC_FL_KEEP_SIZE = 1;

    private static final CFunction OPEN = CFunction.named("open");
    private static final CFunction FCHOWN = CFunction.named("fchown");
    private static final CFunction PREAD = CFunction.named("pread");
    private static final CFunction FALLOCATE = CFunction.named("fallocate");
    private static final CFunction FTRUNCATE = CFunction.named("ftruncate");
    private static final CFunction COPY_FILE_RANGE = CFunction.named("copy_file_range");

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = Libc.state(arena);
    private final FilePath path;
    private final int fd;

    private OpenFile(FilePath path, int flags, int mode) throws Errno {
        this.path = path;
        int opened;
        try (Arena call = Arena.ofConfined()) {
            int all = flags | Descriptors.O_CLOEXEC | Descriptors.O_NOCTTY;
            opened = OPEN.call(state, path.in(call).address(), all, mode);
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

    /// Opens an existing file for writing, and leaves its content. Never waits for a reader.
    public static OpenFile rewrite(FilePath path) throws Errno {
        return new OpenFile(path, Descriptors.O_WRONLY | Descriptors.O_NONBLOCK, 0);
    }

    /// A file for writing and reading in a directory that never shows it: it is gone the moment it is closed.
    public static OpenFile unnamed(FilePath folder) throws Errno {
        return new OpenFile(folder, Descriptors.O_RDWR | O_TMPFILE, PRIVATE_MODE);
    }

    /// The same where the file system knows no files without a name: this one had its name for a moment.
    public static OpenFile unlinked(FilePath path) throws Errno {
        var file = new OpenFile(path, Descriptors.O_RDWR | O_CREAT | O_EXCL, PRIVATE_MODE);
        try {
            Names.unlink(path);
            return file;
        } catch (Errno e) {
            file.close();
            throw e;
        }
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
        int got = PREAD.call(state, fd, MemorySegment.ofBuffer(into).address(), into.remaining(), offset);
        int count = Errno.check(got, "read " + path);
        into.position(into.position() + count);
        return count == 0 ? -1 : count;
    }

    /// Writes all of it, in one call unless the kernel takes less.
    public void write(ByteBuffer bytes) throws Errno {
        while (bytes.hasRemaining()) {
            int count = Descriptors.write(fd, MemorySegment.ofBuffer(bytes), bytes.remaining(), state);
            int _ = Errno.check(count, "write " + path);
            bytes.position(bytes.position() + count);
        }
    }

    /// Makes sure that writing so many bytes from its beginning will find room; what it holds stays as it is.
    public void reserve(long bytes) throws Errno {
        int done = FALLOCATE.call(state, fd, FALLOC_FL_KEEP_SIZE, 0, bytes);
        int _ = Errno.check(done, "reserve " + bytes + " bytes for " + path);
    }

    /// Drops what is behind so many bytes, and room reserved there.
    public void cut(long bytes) throws Errno {
        int done = FTRUNCATE.call(state, fd, bytes);
        int _ = Errno.check(done, "truncate " + path);
    }

    /// Copies from a place of another file that is long enough to where this one stands, within the kernel.
    public int copy(OpenFile from, long offset, int bytesMax) throws Errno {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment at = call.allocate(JAVA_LONG);
            at.set(JAVA_LONG, 0, offset);
            int count = COPY_FILE_RANGE.call(state, from.fd, at.address(), fd, 0, bytesMax, 0);
            return Errno.check(count == 0 ? -Errno.EIO : count, "copy to " + path);
        }
    }

    /// Gives the file to a user and a group.
    public void own(int uid, int gid) throws Errno {
        int done = FCHOWN.call(state, fd, uid, gid);
        int _ = Errno.check(done, "chown " + path);
    }

    @Override
    public void close() {
        Descriptors.close(fd);
        arena.close();
    }
}
