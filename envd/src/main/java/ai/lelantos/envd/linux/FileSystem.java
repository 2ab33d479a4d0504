package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;

/// The file system a path lives on: its kind, and its room.
///
/// @param magic the kernel's number for its kind
/// @param available bytes an ordinary user may still write
public record FileSystem(long magic, long total, long available) {

    private static final Set<Long> NETWORK = Set.of(0x6969L, 0xFF53_4D42L, 0x517BL, 0xFE53_4D42L, 0x6573_5546L);
    private static final Set<Long> WITHOUT_LENGTHS =
            Set.of(0x9FA0L, 0x6265_6572L, 0x6462_6720L, 0x7472_6163L, 0x27E0_EBL);
    private static final long TMPFS = 0x0102_1994L;

    private static final int BYTES = 120;
    private static final CFunction STATFS = CFunction.named("statfs");

    public static FileSystem of(FilePath path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment found = arena.allocate(BYTES, 8);
            int done = STATFS.call(state, path.in(arena).address(), found.address());
            int _ = Errno.check(done, "statfs " + path);
            long block = found.get(JAVA_LONG, 8);
            return new FileSystem(
                    found.get(JAVA_LONG, 0) & 0xffff_ffffL,
                    found.get(JAVA_LONG, 16) * block,
                    found.get(JAVA_LONG, 32) * block);
        }
    }

    /// NFS, SMB in its dialects, FUSE: where changes happen that the kernel does not see.
    public boolean isNetwork() {
        return NETWORK.contains(magic);
    }

    /// Proc, sysfs and their like, whose files say 0 for their size and have content all the same.
    public boolean hasNoLengths() {
        return WITHOUT_LENGTHS.contains(magic);
    }

    public boolean isMemory() {
        return magic == TMPFS;
    }
}
