package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;

/// What the kernel knows about a file.
///
/// @param mode kind and permissions, as `st_mode` has them
/// @param device the file system it lives on; with the inode it names the file
public record Stat(int mode, int uid, int gid, long size, Instant modified, long device, long inode) {

    private static final int KIND = 0170000;

    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int BASIC_STATS = 0x7ff;
    private static final int BYTES = 256;

    /// Unlike `stat`, the same layout on every processor.
    private static final CFunction STATX = CFunction.named("statx");

    /// The kinds of files.
    public enum Kind {
        FILE(0100000),
        DIRECTORY(0040000),
        LINK(0120000),
        PIPE(0010000),
        SOCKET(0140000),
        CHARACTER_DEVICE(0020000),
        BLOCK_DEVICE(0060000);

        private final int bits;

        Kind(int bits) {
            this.bits = bits;
        }

        private static Kind of(int mode) {
            for (Kind kind : values()) {
                if ((mode & KIND) == kind.bits) {
                    return kind;
                }
            }
            throw new IllegalStateException("a file of no kind: mode " + Integer.toOctalString(mode));
        }
    }

    /// What is at a path, through links.
    public static Stat of(FilePath path) throws Errno {
        return at(AT_FDCWD, path, 0);
    }

    /// What is at a path itself, be it a link.
    public static Stat ofLink(FilePath path) throws Errno {
        return at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    }

    static Stat of(int fd) throws Errno {
        return at(fd, FilePath.of(""), AT_EMPTY_PATH);
    }

    public Kind kind() {
        return Kind.of(mode);
    }

    public boolean isDirectory() {
        return kind() == Kind.DIRECTORY;
    }

    /// Whether both tell of one and the same file.
    public boolean isSameFile(Stat other) {
        return device == other.device && inode == other.inode;
    }

    private static Stat at(int folder, FilePath path, int flags) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment found = arena.allocate(BYTES, 8);
            int done = STATX.call(state, folder, path.in(arena).address(), flags, BASIC_STATS, found.address());
            int _ = Errno.check(done, "stat " + path);
            return new Stat(
                    found.get(JAVA_SHORT, 28) & 0xffff,
                    found.get(JAVA_INT, 20),
                    found.get(JAVA_INT, 24),
                    found.get(JAVA_LONG, 40),
                    Instant.ofEpochSecond(found.get(JAVA_LONG, 112), found.get(JAVA_INT, 120)),
                    (long) found.get(JAVA_INT, 136) << 32 | (found.get(JAVA_INT, 140) & 0xffff_ffffL),
                    found.get(JAVA_LONG, 32));
        }
    }
}
