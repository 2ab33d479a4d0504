package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.FileSystem;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.NativeBuffer;
import ai.lelantos.envd.linux.OpenFile;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.User;
import java.nio.ByteBuffer;
import java.util.UUID;

/// Gives a file that is there another content, all of which is here: in place, so that it stays the same file to links,
/// watchers and whoever has it open.
///
/// Room is reserved before the old content is touched. Only where the file system cannot reserve may a full disk still
/// be met midway; then the file is left empty, which nobody takes for whole.
final class Overwrite {

    /// Copied by one call of the kernel, so that other threads of the agent have their turn in between.
    private static final int COPY_BYTES = 4 << 20;

    private static final int CARRY_BYTES = 128 << 10;

    private static final FilePath ELSEWHERE = FilePath.of("/tmp");

    private final FilePath target;
    private final User owner;

    Overwrite(FilePath target, User owner) {
        this.target = target;
        this.owner = owner;
    }

    /// A nameless file for content on its way to a target, on the same file system where that lets us.
    ///
    /// Who watches a directory hears of nameless files made in it too: this one is made in the topmost of them.
    static OpenFile spool(FilePath target) {
        try {
            return spoolIn(topmost(Names.follow(target).parent()));
        } catch (Errno _) {
            try {
                return spoolIn(ELSEWHERE);
            } catch (Errno e) {
                throw Tree.refused(Refusal.of("error making room for the content: ", e));
            }
        }
    }

    private static FilePath topmost(FilePath folder) throws Errno {
        long device = Stat.of(folder).device();
        FilePath top = folder;
        for (FilePath up = top.parent(); !up.equals(top) && Stat.of(up).device() == device; up = top.parent()) {
            top = up;
        }
        return top;
    }

    private static OpenFile spoolIn(FilePath folder) throws Errno {
        try {
            return OpenFile.unnamed(folder);
        } catch (Errno e) {
            return switch (e.number()) {
                case Errno.ENOTSUP, Errno.EINVAL, Errno.EISDIR, Errno.ENOENT ->
                    OpenFile.unlinked(folder.child(FilePath.of(".lelantos-" + UUID.randomUUID())));
                default -> throw e;
            };
        }
    }

    /// Puts the content in, or fails and leaves the old one with its owner.
    void with(Stat before, Content content) throws Errno {
        long size = content.size();
        Names.own(target, owner.uid(), owner.gid());
        try (OpenFile file = open(before)) {
            long old = file.stat().size();
            if (size > old) {
                reserve(file, before, old, size);
            }
            try {
                content.writeTo(file);
            } catch (Errno e) {
                file.cut(0);
                throw e;
            }
            if (size < old) {
                file.cut(size);
            }
        }
    }

    private OpenFile open(Stat before) throws Errno {
        try {
            return OpenFile.rewrite(target);
        } catch (Errno e) {
            Names.own(target, before.uid(), before.gid());
            throw e;
        }
    }

    private void reserve(OpenFile file, Stat before, long old, long size) throws Errno {
        try {
            file.reserve(size);
        } catch (Errno e) {
            boolean cannot = e.number() == Errno.ENOTSUP || e.number() == Errno.ENOSYS;
            if (!cannot || FileSystem.of(target).available() < size - old) {
                file.cut(old);
                Names.own(target, before.uid(), before.gid());
                throw cannot ? new Errno(Errno.ENOSPC, "reserve " + size + " bytes for " + target) : e;
            }
        }
    }

    /// What a file shall hold.
    sealed interface Content {

        long size();

        void writeTo(OpenFile file) throws Errno;
    }

    /// A content that fits a buffer is written by one call.
    record Small(ByteBuffer bytes) implements Content {

        @Override
        public long size() {
            return bytes.remaining();
        }

        @Override
        public void writeTo(OpenFile file) throws Errno {
            file.write(bytes);
        }
    }

    /// A content that waited in a nameless file.
    static final class Gathered implements Content {

        private final OpenFile spool;
        private final long size;
        private long offset;

        Gathered(OpenFile spool, long size) {
            this.spool = spool;
            this.size = size;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void writeTo(OpenFile file) throws Errno {
            try {
                while (offset < size) {
                    offset += file.copy(spool, offset, COPY_BYTES);
                    giveWay();
                }
            } catch (Errno e) {
                switch (e.number()) {
                    case Errno.EXDEV, Errno.EINVAL, Errno.ENOTSUP, Errno.ENOSYS -> carry(file);
                    default -> throw e;
                }
            }
        }

        /// Copies by hand, where the kernel does not between these two.
        private void carry(OpenFile file) throws Errno {
            try (NativeBuffer native_ = new NativeBuffer(CARRY_BYTES)) {
                ByteBuffer piece = native_.bytes();
                while (read(piece.clear()) >= 0) {
                    file.write(piece.flip());
                    giveWay();
                }
            }
        }

        /// Calls of the kernel hold a virtual thread's carrier, of which a sandbox with one processor has one.
        @SuppressWarnings("ThreadPriorityCheck")
        private static void giveWay() {
            Thread.yield();
        }

        /// As a source of its bytes.
        int read(ByteBuffer into) throws Errno {
            int count = spool.read(into, offset);
            offset += Math.max(0, count);
            return count;
        }
    }
}
