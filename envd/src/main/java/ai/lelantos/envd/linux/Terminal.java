package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Pseudo-terminals: a pair of descriptors, and the size in characters that programs on them see.
final class Terminal {

    private static final long TIOCSPTLCK = 0x40045431L;
    private static final long TIOCGPTPEER = 0x5441L;
    private static final long TIOCSWINSZ = 0x5414L;

    private static final CFunction IOCTL = CFunction.named("ioctl");
    private static final CFunction FCHOWN = CFunction.named("fchown");

    private Terminal() {}

    /// Opens a pair whose inner end belongs to the user. The inner end is reached through the outer one, not by its
    /// path, so it does not matter what the sandbox mounted over /dev/pts.
    static Pair open(User owner, Command.Size size) throws Errno {
        int flags = Descriptors.O_RDWR | Descriptors.O_NOCTTY;
        int outer = Descriptors.open("/dev/ptmx", flags);
        int inner = -1;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment unlock = arena.allocate(JAVA_INT);
            int unlocked = IOCTL.call(state, outer, TIOCSPTLCK, unlock.address());
            int _ = Errno.check(unlocked, "unlock a terminal");
            long peerFlags = flags | Descriptors.O_CLOEXEC;
            inner = Errno.check(IOCTL.call(state, outer, TIOCGPTPEER, peerFlags), "open a terminal");
            int owned = FCHOWN.call(state, inner, owner.uid(), -1);
            int _ = Errno.check(owned, "give a terminal to " + owner.name());
            resize(outer, size);
            Descriptors.setNonBlocking(outer);
            return new Pair(outer, inner);
        } catch (Errno | RuntimeException failed) {
            Descriptors.close(outer);
            if (inner >= 0) {
                Descriptors.close(inner);
            }
            throw failed;
        }
    }

    /// Sets the size, of which the kernel keeps 16 bits each, and lets it tell the programs on the terminal.
    static void resize(int outer, Command.Size size) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment window = arena.allocate(JAVA_SHORT, 4);
            window.setAtIndex(JAVA_SHORT, 0, (short) size.rows());
            window.setAtIndex(JAVA_SHORT, 1, (short) size.columns());
            int set = IOCTL.call(state, outer, TIOCSWINSZ, window.address());
            int _ = Errno.check(set, "resize a terminal");
        }
    }

    /// The agent's end, non-blocking, and the program's.
    record Pair(int outer, int inner) {}
}
