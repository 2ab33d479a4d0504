package ai.lelantos.envd.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The user database of the sandbox, read afresh each time: `useradd` counts from the next call on.
public final class Users {

    /// What is read of either file; a line beyond it does not exist for us.
    private static final int FILE_BYTES_MAX = 4 << 20;

    private final Path passwd;
    private final Path group;

    public Users() {
        this(Path.of("/etc/passwd"), Path.of("/etc/group"));
    }

    Users(Path passwd, Path group) {
        this.passwd = passwd;
        this.group = group;
    }

    /// The user of that name. Root exists in every Linux, so it is found even where no file says so.
    public Optional<User> find(String name) {
        return now().find(name);
    }

    /// Both files as they are now, for callers that look up many names.
    public Snapshot now() {
        var users = new HashMap<String, String[]>();
        var names = new HashMap<Integer, String>();
        for (String[] line : lines(passwd, 7)) {
            id(line[2]).ifPresent(uid -> {
                users.putIfAbsent(line[0], line);
                names.putIfAbsent(uid, line[0]);
            });
        }
        var groups = new HashMap<Integer, String>();
        var members = new ArrayList<Membership>();
        for (String[] line : lines(group, 4)) {
            id(line[2]).ifPresent(gid -> {
                groups.putIfAbsent(gid, line[0]);
                members.add(new Membership(gid, List.of(line[3].split(",", -1))));
            });
        }
        return new Snapshot(users, names, groups, members);
    }

    private static List<String[]> lines(Path file, int fields) {
        var found = new ArrayList<String[]>();
        for (String line : text(file).split("\n", -1)) {
            String[] parts = line.split(":", -1);
            if (parts.length >= fields && !parts[0].isEmpty() && !line.startsWith("#")) {
                found.add(parts);
            }
        }
        return found;
    }

    /// The file's text; none when it is gone, is not a plain file, or cannot be read: the sandbox owns it, not we.
    private static String text(Path file) {
        if (!Files.isRegularFile(file)) {
            return "";
        }
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(FILE_BYTES_MAX), StandardCharsets.UTF_8);
        } catch (IOException _) {
            return "";
        }
    }

    private static Optional<Integer> id(String number) {
        try {
            return Optional.of(Integer.parseUnsignedInt(number));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private record Membership(int gid, List<String> users) {}

    /// The user database at one moment.
    public static final class Snapshot {

        private static final User ROOT = new User("root", 0, 0, "/root", "/bin/sh", List.of(0));

        private final Map<String, String[]> users;
        private final Map<Integer, String> names;
        private final Map<Integer, String> groupNames;
        private final List<Membership> members;

        private Snapshot(
                Map<String, String[]> users,
                Map<Integer, String> names,
                Map<Integer, String> groupNames,
                List<Membership> members) {
            this.users = users;
            this.names = names;
            this.groupNames = groupNames;
            this.members = members;
        }

        /// The user of that name, with its own group first among its groups.
        public Optional<User> find(String name) {
            String[] line = users.get(name);
            if (line == null) {
                return name.equals(ROOT.name()) ? Optional.of(ROOT) : Optional.empty();
            }
            int uid = Integer.parseUnsignedInt(line[2]);
            int gid = id(line[3]).orElse(uid);
            var groups = new LinkedHashSet<Integer>();
            groups.add(gid);
            for (Membership member : members) {
                if (member.users().contains(name)) {
                    groups.add(member.gid());
                }
            }
            return Optional.of(new User(name, uid, gid, line[5], line[6], List.copyOf(groups)));
        }

        /// The name of a user id, or the number itself where nobody has it.
        public String userName(int uid) {
            return names.getOrDefault(uid, Integer.toUnsignedString(uid));
        }

        /// The name of a group id, or the number itself where nobody has it.
        public String groupName(int gid) {
            return groupNames.getOrDefault(gid, Integer.toUnsignedString(gid));
        }
    }
}
