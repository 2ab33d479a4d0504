package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.User;

/// Directories that must be there before something can be put into them.
final class Parents {

    private Parents() {}

    /// Makes a directory and all above it that are missing, each the user's. Others may be doing the same.
    static void ensure(String folder, User owner) {
        if (isDirectory(folder)) {
            return;
        }
        for (int slash = folder.indexOf('/', 1); slash > 0; slash = folder.indexOf('/', slash + 1)) {
            make(folder.substring(0, slash), owner);
        }
        make(folder, owner);
    }

    private static void make(String folder, User owner) {
        if (isDirectory(folder)) {
            return;
        }
        FilePath path = Tree.path(folder);
        try {
            try {
                Names.makeDirectory(path);
            } catch (Errno e) {
                if (e.number() != Errno.EEXIST || !Stat.of(path).isDirectory()) {
                    throw e;
                }
            }
            Names.own(path, owner.uid(), owner.gid());
        } catch (Errno e) {
            throw Tree.refused(Refusal.of("error creating directory: ", e));
        }
    }

    /// Whether it is there; refuses where it is something else.
    private static boolean isDirectory(String folder) {
        try {
            if (Stat.of(Tree.path(folder)).isDirectory()) {
                return true;
            }
            throw Tree.refused(new Refusal.Failed("path is a file: " + folder));
        } catch (Errno e) {
            // A file further up is found when its turn comes.
            if (e.number() == Errno.ENOENT || e.number() == Errno.ENOTDIR) {
                return false;
            }
            throw Tree.refused(Refusal.of("error getting file info: ", e));
        }
    }
}
