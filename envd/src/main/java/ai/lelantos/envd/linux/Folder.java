package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// An open directory: what is in it, and work on entries by name that no link can lead astray.
public final class Folder implements AutoCloseable {

    private static final int O_DIRECTORY = 0200000;
    private static final int O_NOFOLLOW = 0400000;
    private static final int AT_FDCWD = -100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int BATCH_BYTES = 32 << 10;
    private static final int NAME_AT = 19;

    private static final CFunction OPENAT = CFunction.named("openat");
    private static final CFunction GETDENTS = CFunction.named("getdents64");
    private static final CFunction UNLINKAT = CFunction.named("unlinkat");

    private final int fd;
    private final String label;

    private Folder(int fd, String label) {
        this.fd = fd;
        this.label = label;
    }

    /// Opens a directory, through links.
    public static Folder open(FilePath path) throws Errno {
        return open(AT_FDCWD, path, 0);
    }

    /// Opens a directory in this one; a link of that name is refused.
    public Folder enter(FilePath name) throws Errno {
        return open(fd, name, O_NOFOLLOW);
    }

    private static Folder open(int at, FilePath path, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int all = Descriptors.O_RDONLY | O_DIRECTORY | Descriptors.O_CLOEXEC | flags;
            int fd = OPENAT.call(state, at, path.in(arena).address(), all, 0);
            return new Folder(Errno.check(fd, "open " + path), path.text());
        }
    }

    /// The names in it, in no order, without `.` and `..`.
    public List<FilePath> names() throws Errno {
        var names = new ArrayList<FilePath>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment batch = arena.allocate(BATCH_BYTES, 8);
            while (true) {
                int got = GETDENTS.call(state, fd, batch.address(), BATCH_BYTES);
                int bytes = Errno.check(got, "read directory " + label);
                if (bytes == 0) {
                    return names;
                }
                collect(batch.asSlice(0, bytes), names);
            }
        }
    }

    private static void collect(MemorySegment batch, List<FilePath> names) {
        for (long at = 0; at < batch.byteSize(); ) {
            long end = at + NAME_AT;
            while (batch.get(JAVA_BYTE, end) != 0) {
                end++;
            }
            byte[] name = batch.asSlice(at + NAME_AT, end - at - NAME_AT).toArray(JAVA_BYTE);
            boolean dots = name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
            if (!dots) {
                names.add(FilePath.of(name));
            }
            at += batch.get(JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
        }
    }

    /// Removes an entry that is no directory; 0, or minus errno.
    public int unlink(FilePath name) {
        return remove(name, 0);
    }

    /// Removes an empty directory in this one; 0, or minus errno.
    public int removeDirectory(FilePath name) {
        return remove(name, AT_REMOVEDIR);
    }

    private int remove(FilePath name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return UNLINKAT.call(state, fd, name.in(arena).address(), flags);
        }
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }
}
