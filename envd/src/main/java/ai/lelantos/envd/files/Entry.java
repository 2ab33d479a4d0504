package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.Users;
import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.filesystem.FileType;
import com.google.protobuf.Timestamp;
import java.time.Instant;

/// Describes files to clients.
final class Entry {

    private static final int PERMISSION_BITS = 0777;

    private Entry() {}

    /// What is at a path, shown under the path the client knows it by.
    static EntryInfo describe(FilePath path, String shown, Users.Snapshot users) throws Errno {
        Stat stat = Stat.ofLink(path);
        var entry = EntryInfo.newBuilder()
                .setName(baseName(shown))
                .setPath(shown)
                .setSize(stat.size())
                .setPermissions(Permissions.of(stat))
                .setOwner(users.userName(stat.uid()))
                .setGroup(users.groupName(stat.gid()))
                .setModifiedTime(timestamp(stat.modified()))
                .putAllMetadata(Metadata.of(path));
        if (stat.kind() == Stat.Kind.LINK) {
            followLink(entry, path, shown);
        } else {
            entry.setType(type(stat)).setMode(stat.mode() & PERMISSION_BITS);
        }
        return entry.build();
    }

    /// A link shows the kind and mode of where it leads, or nothing of either where it leads nowhere.
    private static void followLink(EntryInfo.Builder entry, FilePath path, String shown) {
        try {
            Stat target = Stat.of(path);
            var _ = entry.setType(type(target))
                    .setMode(target.mode() & PERMISSION_BITS)
                    .setSymlinkTarget(Names.follow(path).text());
        } catch (Errno _) {
            var _ = entry.setType(FileType.FILE_TYPE_UNSPECIFIED).setMode(0).setSymlinkTarget(shown);
        }
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    private static FileType type(Stat stat) {
        return switch (stat.kind()) {
            case FILE -> FileType.FILE_TYPE_FILE;
            case DIRECTORY -> FileType.FILE_TYPE_DIRECTORY;
            case LINK, PIPE, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE -> FileType.FILE_TYPE_UNSPECIFIED;
        };
    }

    /// The last part of a path; `/` for the root.
    static String baseName(String path) {
        String trimmed = trimmed(path);
        return trimmed.equals("/") ? trimmed : trimmed.substring(trimmed.lastIndexOf('/') + 1);
    }

    /// Everything before the last part of a path.
    static String folderOf(String path) {
        String trimmed = trimmed(path);
        int slash = trimmed.lastIndexOf('/');
        return slash <= 0 ? "/" : trimmed.substring(0, slash);
    }

    /// The path without slashes at its end, but for the root's own.
    static String trimmed(String path) {
        int end = path.length();
        while (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }
}
