package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Extended attributes of files, through links.
public final class Xattr {

    /// What the kernel lets a file have: a list of names, and each value.
    private static final int BYTES_MAX = 64 << 10;

    private static final MethodHandle LIST =
            Libc.function("listxattr", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle GET =
            Libc.function("getxattr", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle SET =
            Libc.function("setxattr", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle REMOVE =
            Libc.function("removexattr", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

    private Xattr() {}

    /// The names of a file's attributes; names that are no text come out as such, and are then not found.
    public static List<String> names(FilePath path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            // Nearly every file has none: asking for the size first saves the large buffer.
            MemorySegment name = path.in(arena);
            long needed = Libc.result((long) LIST.invokeExact(state, name, MemorySegment.NULL, 0L), state);
            if (Errno.check((int) needed, "list attributes of " + path) == 0) {
                return List.of();
            }
            MemorySegment list = arena.allocate(BYTES_MAX);
            long length = Libc.result((long) LIST.invokeExact(state, name, list, (long) BYTES_MAX), state);
            int bytes = Errno.check((int) length, "list attributes of " + path);
            String text = new String(list.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
            var names = new ArrayList<String>();
            for (String one : text.split("\0", -1)) {
                if (!one.isEmpty()) {
                    names.add(one);
                }
            }
            return names;
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// The value of an attribute.
    public static byte[] get(FilePath path, String attribute) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment value = arena.allocate(BYTES_MAX);
            long length = Libc.result(
                    (long) GET.invokeExact(
                            state, path.in(arena), Libc.string(arena, attribute), value, (long) BYTES_MAX),
                    state);
            int bytes = Errno.check((int) length, "read attribute " + attribute + " of " + path);
            return value.asSlice(0, bytes).toArray(JAVA_BYTE);
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// Sets an attribute, new or not.
    public static void set(FilePath path, String attribute, byte[] value) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment bytes = arena.allocate(Math.max(1, value.length));
            MemorySegment.copy(value, 0, bytes, JAVA_BYTE, 0, value.length);
            int done = Libc.result(
                    (int) SET.invokeExact(
                            state, path.in(arena), Libc.string(arena, attribute), bytes, (long) value.length, 0),
                    state);
            int _ = Errno.check(done, "set attribute " + attribute + " of " + path);
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    public static void remove(FilePath path, String attribute) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int done =
                    Libc.result((int) REMOVE.invokeExact(state, path.in(arena), Libc.string(arena, attribute)), state);
            int _ = Errno.check(done, "remove attribute " + attribute + " of " + path);
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }
}
