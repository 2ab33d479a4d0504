package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Folder;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.linux.Users;
import ai.lelantos.protocol.filesystem.EntryInfo;
import java.util.ArrayList;
import java.util.List;

/// The tree of files: looked at, made, moved, removed. Works as root; the user only owns what is new.
final class Tree {

    /// Entries of one listing; the answer is made whole in memory.
    private static final int ENTRIES_MAX = 50_000;

    private final Users users;

    Tree(Users users) {
        this.users = users;
    }

    /// What is at a path itself, be it a link that leads nowhere.
    EntryInfo stat(String path) {
        try {
            return Entry.describe(path(path), path, users.now());
        } catch (Errno e) {
            throw e.number() == Errno.ENOENT
                    ? refused(new Refusal.Missing("file not found: " + e.getMessage()))
                    : failed("error getting file info: ", e);
        }
    }

    /// Makes a directory and the ones above it that are missing.
    EntryInfo makeDirectory(String path, User owner) {
        FilePath target = path(path);
        try {
            if (Stat.of(target).isDirectory()) {
                throw refused(new Refusal.Exists("directory already exists: " + path));
            }
            throw refused(new Refusal.Invalid("path already exists but it is not a directory: " + path));
        } catch (Errno e) {
            if (e.number() != Errno.ENOENT && e.number() != Errno.ENOTDIR) {
                throw failed("error getting file info: ", e);
            }
        }
        Parents.ensure(path, owner);
        return stat(path);
    }

    /// Renames, after making the directories above the new name that are missing.
    EntryInfo move(String source, String destination, User owner) {
        FilePath from = path(source);
        FilePath to = path(destination);
        try {
            var _ = Stat.ofLink(from);
            Parents.ensure(Entry.folderOf(destination), owner);
            Names.rename(from, to);
        } catch (Errno e) {
            throw e.number() == Errno.ENOENT
                    ? refused(new Refusal.Missing("source file not found: " + e.getMessage()))
                    : failed("error renaming: ", e);
        }
        return stat(destination);
    }

    /// What is below a directory, so many levels down; each directory right before what is in it.
    List<EntryInfo> list(String path, int depth) {
        FilePath root;
        try {
            root = Names.follow(path(path));
            if (!Stat.of(root).isDirectory()) {
                throw refused(new Refusal.Invalid("path is not a directory: " + path));
            }
        } catch (Errno e) {
            throw e.number() == Errno.ENOENT
                    ? refused(new Refusal.Missing("path not found: " + e.getMessage()))
                    : unreadable(path, e);
        }
        var found = new ArrayList<EntryInfo>();
        try {
            collect(root, path, Math.max(1, depth), users.now(), found);
        } catch (Errno e) {
            throw unreadable(path, e);
        }
        return found;
    }

    private static void collect(FilePath folder, String shown, int depth, Users.Snapshot users, List<EntryInfo> found)
            throws Errno {
        for (FilePath name : names(folder)) {
            FilePath child = folder.child(name);
            String shownChild = (shown.endsWith("/") ? shown : shown + "/") + name.text();
            if (found.size() == ENTRIES_MAX) {
                throw refused(new Refusal.TooMuch("there are more than " + ENTRIES_MAX
                        + " entries, which is what one listing can have; list fewer levels or a smaller directory"));
            }
            boolean isDirectory;
            try {
                found.add(Entry.describe(child, shownChild, users));
                isDirectory = depth > 1 && Stat.ofLink(child).isDirectory();
            } catch (Errno e) {
                // Gone between being named and being looked at.
                if (e.number() == Errno.ENOENT) {
                    continue;
                }
                throw e;
            }
            if (isDirectory) {
                collect(child, shownChild, depth - 1, users, found);
            }
        }
    }

    private static List<FilePath> names(FilePath folder) throws Errno {
        try (Folder open = Folder.open(folder)) {
            List<FilePath> names = open.names();
            names.sort(FilePath::compareBytes);
            return names;
        } catch (Errno e) {
            if (e.number() == Errno.ENOENT) {
                return List.of();
            }
            throw e;
        }
    }

    /// Removes what is at a path itself, with everything in it; nothing there is as good as removed.
    void remove(String path) {
        String trimmed = Entry.trimmed(path);
        String last = Entry.baseName(trimmed);
        if (last.equals("/") || last.equals(".") || last.equals("..")) {
            throw refused(new Refusal.Invalid("error removing file or directory: '" + path + "' names no entry"));
        }
        FilePath target = path(trimmed);
        try {
            if (Stat.ofLink(target).isDirectory()) {
                Removal.empty(target);
                Names.removeDirectory(target);
            } else {
                Names.unlink(target);
            }
        } catch (Errno e) {
            if (e.number() != Errno.ENOENT) {
                throw failed("error removing file or directory: ", e);
            }
        }
    }

    /// A path of a request, or the refusal of one that no file can have.
    static FilePath path(String text) {
        try {
            return FilePath.of(text);
        } catch (IllegalArgumentException e) {
            throw refused(new Refusal.Invalid(String.valueOf(e.getMessage())));
        }
    }

    static RefusedException refused(Refusal refusal) {
        return new RefusedException(refusal);
    }

    private static RefusedException failed(String what, Errno e) {
        return refused(Refusal.of(what, e));
    }

    private static RefusedException unreadable(String path, Errno e) {
        return e.number() == Errno.ELOOP
                ? refused(new Refusal.Cyclic("cyclic symlink or chain >255 links at \"" + path + "\""))
                : failed("error reading directory " + path + ": ", e);
    }
}
