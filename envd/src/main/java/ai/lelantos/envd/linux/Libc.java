package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.List;

/// What calls of the C library share: the place of errno, strings, and the text of an error.
final class Libc {

    static final StructLayout STATE = Linker.Option.captureStateLayout();

    private static final long ERRNO_AT = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final int ERROR_TEXT_BYTES_MAX = 256;

    private static final CFunction STRERROR_R = CFunction.named("__xpg_strerror_r");

    private Libc() {}

    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    static int errno(MemorySegment state) {
        return state.get(JAVA_INT, ERRNO_AT);
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
            int failed = STRERROR_R.call(state(arena), number, text.address(), ERROR_TEXT_BYTES_MAX);
            return failed == 0 ? text.getString(0) : "error " + number;
        }
    }
}
