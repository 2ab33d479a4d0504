package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.NativeBuffer;
import ai.lelantos.envd.linux.OpenFile;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.User;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Puts what arrives into a file.
///
/// The kernel's calls are part of the contract, as watchers see them: a small file is opened once, given to its owner
/// once and written once. So it is opened only when its first piece is here, and in place. Nothing half-written stays:
/// a new file that does not get whole is removed again, and one that is there is left alone until all of its new
/// content has arrived.
final class Arrival {

    /// Files up to here are written in one call.
    private static final int PIECE_BYTES = 128 << 10;

    private final String path;
    private final FilePath target;
    private final User owner;
    private final Map<String, String> metadata;

    /// @param metadata what the file's shall be from now on
    Arrival(String path, User owner, Map<String, String> metadata) {
        this.path = path;
        this.target = Tree.path(path);
        this.owner = owner;
        this.metadata = metadata;
    }

    /// Takes everything the source has.
    ///
    /// @param announced how long the client said all of it is, or less than 1
    void take(ByteSource source, long announced) throws IOException {
        try (NativeBuffer native_ = new NativeBuffer(PIECE_BYTES)) {
            ByteBuffer piece = native_.bytes();
            boolean more = fill(source, piece);
            Parents.ensure(Entry.folderOf(path), owner);
            Stat before = existing();
            if (before == null) {
                make(source, piece, more, announced);
            } else if (more) {
                gather(source, piece, announced);
            } else {
                overwrite(before, new Overwrite.Small(piece), announced);
            }
        }
    }

    /// Fills the buffer; whether there may be more after it.
    private static boolean fill(ByteSource source, ByteBuffer piece) throws IOException {
        while (piece.hasRemaining()) {
            if (source.read(piece) < 0) {
                piece.flip();
                return false;
            }
        }
        piece.flip();
        return true;
    }

    private @Nullable Stat existing() {
        try {
            Stat stat = Stat.of(target);
            if (stat.isDirectory()) {
                throw Tree.refused(new Refusal.Invalid("path is a directory: " + path));
            }
            if (stat.kind() != Stat.Kind.FILE) {
                throw Tree.refused(new Refusal.Invalid("path is not a regular file: " + path));
            }
            return stat;
        } catch (Errno e) {
            if (e.number() == Errno.ENOENT) {
                return null;
            }
            throw Tree.refused(Refusal.of("error getting file info: ", e));
        }
    }

    private void make(ByteSource source, ByteBuffer piece, boolean more, long announced) throws IOException {
        try (OpenFile file = create()) {
            try {
                write(file, piece, announced);
                while (more) {
                    more = fill(source, piece.clear());
                    write(file, piece, announced);
                }
                settle();
            } catch (IOException | RuntimeException | Error e) {
                discard(file);
                throw e;
            }
        }
    }

    private OpenFile create() {
        try {
            OpenFile file = OpenFile.create(target);
            try {
                file.own(owner.uid(), owner.gid());
                return file;
            } catch (Errno e) {
                discard(file);
                file.close();
                throw e;
            }
        } catch (Errno e) {
            throw e.number() == Errno.ENOSPC
                    ? Tree.refused(new Refusal.Full("not enough inodes available: " + e.getMessage()))
                    : Tree.refused(Refusal.of("error opening file: ", e));
        }
    }

    /// Waits for the whole body beside the file, then puts it in, or makes the file where it is gone meanwhile.
    private void gather(ByteSource source, ByteBuffer piece, long announced) throws IOException {
        try (OpenFile spool = Overwrite.spool(target)) {
            write(spool, piece, announced);
            long size = piece.limit();
            for (boolean more = true; more; size += piece.limit()) {
                more = fill(source, piece.clear());
                write(spool, piece, announced);
            }
            Stat before = existing();
            if (before == null) {
                var from = new Overwrite.Gathered(spool, size);
                make(from::read, piece.clear().limit(0), true, announced);
            } else {
                overwrite(before, new Overwrite.Gathered(spool, size), announced);
            }
        }
    }

    private void overwrite(Stat before, Overwrite.Content content, long announced) throws IOException {
        try {
            new Overwrite(target, owner).with(before, content);
        } catch (Errno e) {
            throw unwritten(e, announced);
        }
        settle();
    }

    private void write(OpenFile file, ByteBuffer piece, long announced) {
        try {
            file.write(piece);
        } catch (Errno e) {
            throw unwritten(e, announced);
        }
    }

    private static RefusedException unwritten(Errno e, long announced) {
        boolean full = e.number() == Errno.ENOSPC || e.number() == Errno.EDQUOT;
        String attempted = announced > 0 ? "attempted to write " + announced + " bytes: " : "";
        return Tree.refused(
                full
                        ? new Refusal.Full(attempted + "not enough disk space available")
                        : Refusal.of("error writing file: ", e));
    }

    private void settle() {
        try {
            Metadata.replace(target, metadata);
        } catch (Errno e) {
            throw e.number() == Errno.ENOSPC || e.number() == Errno.EDQUOT
                    ? Tree.refused(new Refusal.Full("not enough space for file metadata: " + e.getMessage()))
                    : Tree.refused(Refusal.of("error setting file metadata: ", e));
        }
    }

    /// Removes the name again, if it still is that of the file we made.
    private void discard(OpenFile file) {
        try {
            if (Stat.ofLink(target).isSameFile(file.stat())) {
                Names.unlink(target);
            }
        } catch (Errno _) {
            // Somebody else removed it, or what it was in.
        }
    }
}
