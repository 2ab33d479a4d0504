package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Pseudo-terminals: a pair of descriptors, and the size in characters that programs on them see.
final class Terminal {

    private static final long TIOCSPTLCK = 0x40045431L;
    private static final long TIOCGPTPEER = 0x5441L;
    private static final long TIOCSWINSZ = 0x5414L;

    private static final MethodHandle IOCTL_POINTER =
            Libc.variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle IOCTL_NUMBER =
            Libc.variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FCHOWN =
            Libc.function("fchown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

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
            int unlocked = Libc.result((int) IOCTL_POINTER.invokeExact(state, outer, TIOCSPTLCK, unlock), state);
            int _ = Errno.check(unlocked, "unlock a terminal");
            long peerFlags = flags | Descriptors.O_CLOEXEC;
            inner = Errno.check(
                    Libc.result((int) IOCTL_NUMBER.invokeExact(state, outer, TIOCGPTPEER, peerFlags), state),
                    "open a terminal");
            int owned = Libc.result((int) FCHOWN.invokeExact(state, inner, owner.uid(), -1), state);
            int _ = Errno.check(owned, "give a terminal to " + owner.name());
            resize(outer, size);
            Descriptors.setNonBlocking(outer);
            return new Pair(outer, inner);
        } catch (Throwable thrown) {
            Descriptors.close(outer);
            if (inner >= 0) {
                Descriptors.close(inner);
            }
            if (thrown instanceof Errno failed) {
                throw failed;
            }
            throw Libc.unreachable(thrown);
        }
    }

    /// Sets the size, of which the kernel keeps 16 bits each, and lets it tell the programs on the terminal.
    static void resize(int outer, Command.Size size) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment window = arena.allocate(JAVA_SHORT, 4);
            window.setAtIndex(JAVA_SHORT, 0, (short) size.rows());
            window.setAtIndex(JAVA_SHORT, 1, (short) size.columns());
            int set = Libc.result((int) IOCTL_POINTER.invokeExact(state, outer, TIOCSWINSZ, window), state);
            int _ = Errno.check(set, "resize a terminal");
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// The agent's end, non-blocking, and the program's.
    record Pair(int outer, int inner) {}
}
