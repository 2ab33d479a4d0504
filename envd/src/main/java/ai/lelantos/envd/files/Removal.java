package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Folder;

/// Empties directories from within: whoever swaps a directory for a link meanwhile gains nothing.
final class Removal {

    /// Directories open at once, one for each level.
    private static final int LEVELS_MAX = 2_000;

    private Removal() {}

    /// Removes everything in a directory.
    static void empty(FilePath path) throws Errno {
        try (Folder folder = Folder.open(path)) {
            empty(folder, 1);
        }
    }

    private static void empty(Folder folder, int level) throws Errno {
        if (level > LEVELS_MAX) {
            throw new Errno(Errno.ENAMETOOLONG, "directories are more than " + LEVELS_MAX + " levels deep");
        }
        for (FilePath name : folder.names()) {
            int result = folder.unlink(name);
            if (result == -Errno.EISDIR || result == -Errno.EPERM) {
                result = removeDirectory(folder, name, level);
            }
            if (result < 0 && result != -Errno.ENOENT) {
                throw new Errno(-result, "remove " + name);
            }
        }
    }

    private static int removeDirectory(Folder folder, FilePath name, int level) throws Errno {
        try (Folder inner = folder.enter(name)) {
            empty(inner, level + 1);
        } catch (Errno e) {
            // No directory after all, so what unlink said was about a file.
            if (e.number() == Errno.ENOTDIR) {
                return -Errno.EPERM;
            }
            throw e;
        }
        return folder.removeDirectory(name);
    }
}
