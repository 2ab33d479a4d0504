package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/// The one door into the C library: functions by name, with errno captured for each call.
///
/// Every function found here takes a segment of [#STATE] first. The usual form of a call is
/// `Libc.result((int) CLOSE.invokeExact(state, fd), state)`: the value, or minus errno.
@SuppressWarnings("restricted")
final class Libc {

    static final StructLayout STATE = Linker.Option.captureStateLayout();

    private static final Linker LINKER = Linker.nativeLinker();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final int ERROR_TEXT_BYTES_MAX = 256;

    private static final MethodHandle STRERROR_R =
            function("__xpg_strerror_r", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG));

    private Libc() {}

    /// A function whose first argument is the segment that receives errno.
    static MethodHandle function(String name, FunctionDescriptor type) {
        return downcall(name, type, Linker.Option.captureCallState("errno"));
    }

    /// A function such as `open` or `ioctl`, whose arguments from the given one on are variadic.
    static MethodHandle variadic(String name, int firstVariadic, FunctionDescriptor type) {
        return downcall(
                name, type, Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(firstVariadic));
    }

    private static MethodHandle downcall(String name, FunctionDescriptor type, Linker.Option... options) {
        MemorySegment address = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no function " + name));
        return LINKER.downcallHandle(address, type, options);
    }

    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /// The kernel's convention: what the call gave, or minus errno when it gave -1.
    static int result(int value, MemorySegment state) {
        return value == -1 ? -errno(state) : value;
    }

    /// The same for calls that count bytes.
    static long result(long value, MemorySegment state) {
        return value == -1 ? -errno(state) : value;
    }

    /// For the catch clause every exact invocation must have: the handles themselves throw nothing checked.
    static Error unreachable(Throwable thrown) {
        if (thrown instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return thrown instanceof Error error ? error : new AssertionError(thrown);
    }

    /// An array of C strings with its closing null; rejects a NUL inside one, as the kernel has no way to carry it.
    static MemorySegment strings(Arena arena, List<String> values) throws Errno {
        var pointers = new ArrayList<MemorySegment>(values.size());
        for (String value : values) {
            pointers.add(string(arena, value));
        }
        MemorySegment array = arena.allocate(ADDRESS, values.size() + 1L);
        for (int i = 0; i < pointers.size(); i++) {
            array.setAtIndex(ADDRESS, i, pointers.get(i));
        }
        return array;
    }

    /// A C string in UTF-8.
    static MemorySegment string(Arena arena, String value) throws Errno {
        if (value.indexOf('\0') >= 0) {
            throw new Errno(Errno.EINVAL, "NUL in a string");
        }
        return arena.allocateFrom(value);
    }

    static String strerror(int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(ERROR_TEXT_BYTES_MAX);
            int failed = (int) STRERROR_R.invokeExact(state(arena), number, text, (long) ERROR_TEXT_BYTES_MAX);
            return failed == 0 ? text.getString(0) : "error " + number;
        } catch (Throwable thrown) {
            throw unreachable(thrown);
        }
    }
}
