package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Extended attributes of files, through links.
public final class Xattr {

    /// What the kernel lets a file have: a list of names, and each value.
    private static final int BYTES_MAX = 64 << 10;

    private static final CFunction LIST = CFunction.named("listxattr");
    private static final CFunction GET = CFunction.named("getxattr");
    private static final CFunction SET = CFunction.named("setxattr");
    private static final CFunction REMOVE = CFunction.named("removexattr");

    private Xattr() {}

    /// The names of a file's attributes; names that are no text come out as such, and are then not found.
    public static List<String> names(FilePath path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            // Nearly every file has none: asking for the size first saves the large buffer.
            long name = path.in(arena).address();
            int needed = LIST.call(state, name, 0, 0);
            if (Errno.check(needed, "list attributes of " + path) == 0) {
                return List.of();
            }
            MemorySegment list = arena.allocate(BYTES_MAX);
            int length = LIST.call(state, name, list.address(), BYTES_MAX);
            int bytes = Errno.check(length, "list attributes of " + path);
            String text = new String(list.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
            var names = new ArrayList<String>();
            for (String one : text.split("\0", -1)) {
                if (!one.isEmpty()) {
                    names.add(one);
                }
            }
            return names;
        }
    }

    /// The value of an attribute.
    public static byte[] get(FilePath path, String attribute) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment value = arena.allocate(BYTES_MAX);
            int length = GET.call(
                    state,
                    path.in(arena).address(),
                    Libc.string(arena, attribute).address(),
                    value.address(),
                    BYTES_MAX);
            int bytes = Errno.check(length, "read attribute " + attribute + " of " + path);
            return value.asSlice(0, bytes).toArray(JAVA_BYTE);
        }
    }

    /// Sets an attribute, new or not.
    public static void set(FilePath path, String attribute, byte[] value) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment bytes = arena.allocate(Math.max(1, value.length));
            MemorySegment.copy(value, 0, bytes, JAVA_BYTE, 0, value.length);
            int done = SET.call(
                    state,
                    path.in(arena).address(),
                    Libc.string(arena, attribute).address(),
                    bytes.address(),
                    value.length,
                    0);
            int _ = Errno.check(done, "set attribute " + attribute + " of " + path);
        }
    }

    public static void remove(FilePath path, String attribute) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int done = REMOVE.call(
                    state,
                    path.in(arena).address(),
                    Libc.string(arena, attribute).address());
            int _ = Errno.check(done, "remove attribute " + attribute + " of " + path);
        }
    }
}
