package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Names in directories: made, moved, removed, followed.
public final class Names {

    private static final MethodHandle MKDIR =
            Libc.function("mkdir", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RENAME =
            Libc.function("rename", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle UNLINK = Libc.function("unlink", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle RMDIR = Libc.function("rmdir", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle LCHOWN =
            Libc.function("lchown", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle CHOWN =
            Libc.function("chown", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle REALPATH =
            Libc.function("realpath", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS));

    private Names() {}

    /// Makes a directory, 0755 whatever the agent's umask.
    public static void makeDirectory(FilePath path) throws Errno {
        one(MKDIR_755, path, "mkdir ");
    }

    /// Renames, replacing what has the name, as `rename(2)` does.
    public static void rename(FilePath from, FilePath to) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int done = Libc.result((int) RENAME.invokeExact(state, from.in(arena), to.in(arena)), state);
            int _ = Errno.check(done, "rename " + from + " " + to);
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    /// Removes the name of anything but a directory.
    public static void unlink(FilePath path) throws Errno {
        one((state, name) -> (int) UNLINK.invokeExact(state, name), path, "unlink ");
    }

    /// Removes an empty directory.
    public static void removeDirectory(FilePath path) throws Errno {
        one((state, name) -> (int) RMDIR.invokeExact(state, name), path, "rmdir ");
    }

    /// Gives a file, through links, to a user and a group.
    public static void own(FilePath path, int uid, int gid) throws Errno {
        one((state, name) -> (int) CHOWN.invokeExact(state, name, uid, gid), path, "chown ");
    }

    /// Gives what has the name itself to a user and a group.
    public static void ownLink(FilePath path, int uid, int gid) throws Errno {
        one((state, name) -> (int) LCHOWN.invokeExact(state, name, uid, gid), path, "chown ");
    }

    /// Where a path leads when every link in it is followed.
    public static FilePath follow(FilePath path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment target = arena.allocate(FilePath.BYTES_MAX + 1L);
            long found = (long) REALPATH.invokeExact(state, path.in(arena), target);
            if (found == 0) {
                throw new Errno(Libc.errno(state), "follow " + path);
            }
            return FilePath.of(target.asSlice(0, length(target)).toArray(JAVA_BYTE));
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }

    private static long length(MemorySegment text) {
        long at = 0;
        while (text.get(JAVA_BYTE, at) != 0) {
            at++;
        }
        return at;
    }

    private static final int DIRECTORY_MODE = 0755;
    private static final Call MKDIR_755 = (state, name) -> (int) MKDIR.invokeExact(state, name, DIRECTORY_MODE);

    /// A call that takes one path.
    @FunctionalInterface
    private interface Call {
        int run(MemorySegment state, MemorySegment path) throws Throwable;
    }

    private static void one(Call call, FilePath path, String what) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int _ = Errno.check(Libc.result(call.run(state, path.in(arena)), state), what + path);
        } catch (Errno e) {
            throw e;
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }
}
