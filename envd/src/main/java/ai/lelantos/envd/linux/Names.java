package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Names in directories: made, moved, removed, followed.
public final class Names {

    private static final CFunction MKDIR = CFunction.named("mkdir");
    private static final CFunction RENAME = CFunction.named("rename");
    private static final CFunction UNLINK = CFunction.named("unlink");
    private static final CFunction RMDIR = CFunction.named("rmdir");
    private static final CFunction LCHOWN = CFunction.named("lchown");
    private static final CFunction CHOWN = CFunction.named("chown");
    private static final CFunction REALPATH = CFunction.named("realpath");

    private Names() {}

    /// Makes a directory, 0755 whatever the agent's umask.
    public static void makeDirectory(FilePath path) throws Errno {
        one(MKDIR_755, path, "mkdir ");
    }

    /// Renames, replacing what has the name, as `rename(2)` does.
    public static void rename(FilePath from, FilePath to) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int done = RENAME.call(state, from.in(arena).address(), to.in(arena).address());
            int _ = Errno.check(done, "rename " + from + " " + to);
        }
    }

    /// Removes the name of anything but a directory.
    public static void unlink(FilePath path) throws Errno {
        one((state, name) -> UNLINK.call(state, name), path, "unlink ");
    }

    /// Removes an empty directory.
    public static void removeDirectory(FilePath path) throws Errno {
        one((state, name) -> RMDIR.call(state, name), path, "rmdir ");
    }

    /// Gives a file, through links, to a user and a group.
    public static void own(FilePath path, int uid, int gid) throws Errno {
        one((state, name) -> CHOWN.call(state, name, uid, gid), path, "chown ");
    }

    /// Gives what has the name itself to a user and a group.
    public static void ownLink(FilePath path, int uid, int gid) throws Errno {
        one((state, name) -> LCHOWN.call(state, name, uid, gid), path, "chown ");
    }

    /// Where a path leads when every link in it is followed.
    public static FilePath follow(FilePath path) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment target = arena.allocate(FilePath.BYTES_MAX + 1L);
            long found = REALPATH.pointer(state, path.in(arena).address(), target.address());
            if (found == 0) {
                throw new Errno(Libc.errno(state), "follow " + path);
            }
            return FilePath.of(target.asSlice(0, length(target)).toArray(JAVA_BYTE));
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
    private static final Call MKDIR_755 = (state, name) -> MKDIR.call(state, name, DIRECTORY_MODE);

    /// A call that takes one path.
    @FunctionalInterface
    private interface Call {
        int run(MemorySegment state, long path);
    }

    private static void one(Call call, FilePath path, String what) throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int _ = Errno.check(call.run(state, path.in(arena).address()), what + path);
        }
    }
}
