package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The kernel's account of what happens to watched directories, in its order. One thread at a time reads it.
public final class Inotify implements AutoCloseable {

    public static final int MODIFY = 0x2;
    public static final int ATTRIB = 0x4;
    public static final int MOVED_FROM = 0x40;
    public static final int MOVED_TO = 0x80;
    public static final int CREATE = 0x100;
    public static final int DELETE = 0x200;
    public static final int DELETE_SELF = 0x400;
    public static final int MOVE_SELF = 0x800;
    public static final int OVERFLOW = 0x4000;
    public static final int IGNORED = 0x8000;
    public static final int IS_DIRECTORY = 0x4000_0000;

    private static final int EVERYTHING =
            CREATE | MODIFY | DELETE | DELETE_SELF | MOVED_TO | MOVED_FROM | MOVE_SELF | ATTRIB;
    private static final int ONLY_DIRECTORY = 0x0100_0000;
    private static final int DONT_FOLLOW = 0x0200_0000;
    private static final int NONBLOCK = 04000;
    private static final int BATCH_BYTES = 64 << 10;
    private static final int NAME_AT = 16;

    private static final CFunction INIT = CFunction.named("inotify_init1");
    private static final CFunction ADD = CFunction.named("inotify_add_watch");
    private static final CFunction REMOVE = CFunction.named("inotify_rm_watch");

    private final int fd;
    private @Nullable Loop loop;
    private long token;

    private Inotify(int fd) {
        this.fd = fd;
    }

    /// What happened.
    ///
    /// @param watch which directory it happened in, by the number [#add] gave
    /// @param cookie pairs the two halves of a rename
    /// @param name the entry it happened to; null for the directory itself
    public record Event(
            int watch, int mask, int cookie, @Nullable FilePath name) {

        public boolean has(int bit) {
            return (mask & bit) != 0;
        }

        public boolean isDirectory() {
            return has(IS_DIRECTORY);
        }
    }

    public static Inotify open() throws Errno {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int fd = INIT.call(state, NONBLOCK | Descriptors.O_CLOEXEC);
            return new Inotify(Errno.check(fd, "open inotify"));
        }
    }

    /// Watches a directory, not through a link; the number of the watch, the same for the same directory, or minus
    /// errno.
    public int add(FilePath directory) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int mask = EVERYTHING | ONLY_DIRECTORY | DONT_FOLLOW;
            return ADD.call(state, fd, directory.in(arena).address(), mask);
        }
    }

    /// Stops watching a directory; one that is gone is not watched any more anyway.
    public void remove(int watch) {
        try (Arena arena = Arena.ofConfined()) {
            int _ = REMOVE.call(Libc.state(arena), fd, watch);
        }
    }

    /// Everything that has happened by now and was not read yet.
    public List<Event> read() throws Errno {
        var events = new ArrayList<Event>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment batch = arena.allocate(BATCH_BYTES, 8);
            while (true) {
                int bytes = Descriptors.read(fd, batch, BATCH_BYTES, state);
                if (bytes == -Errno.EAGAIN) {
                    return events;
                }
                parse(batch.asSlice(0, Errno.check(bytes, "read file events")), events);
            }
        }
    }

    private static void parse(MemorySegment batch, List<Event> events) {
        for (long at = 0; at < batch.byteSize(); ) {
            int length = batch.get(JAVA_INT, at + 12);
            events.add(new Event(
                    batch.get(JAVA_INT, at),
                    batch.get(JAVA_INT, at + 4),
                    batch.get(JAVA_INT, at + 8),
                    length == 0 ? null : name(batch.asSlice(at + NAME_AT, length))));
            at += NAME_AT + length;
        }
    }

    /// A name padded with NULs.
    private static FilePath name(MemorySegment padded) {
        long end = 0;
        while (end < padded.byteSize() && padded.get(JAVA_BYTE, end) != 0) {
            end++;
        }
        return FilePath.of(padded.asSlice(0, end).toArray(JAVA_BYTE));
    }

    /// Calls back on the loop whenever something new can be read.
    public void listen(Loop on, Runnable readable) {
        loop = on;
        on.execute(() -> {
            try {
                token = on.watch(fd, Epoll.IN | Epoll.EDGE, _ -> readable.run());
            } catch (Errno e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Override
    public void close() {
        Loop listening = loop;
        if (listening == null) {
            Descriptors.close(fd);
        } else {
            listening.execute(() -> {
                listening.forget(fd, token);
                Descriptors.close(fd);
            });
        }
    }
}
