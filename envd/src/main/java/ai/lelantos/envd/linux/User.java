package ai.lelantos.envd.linux;

import java.util.List;

/// A line of the password file with the groups its user is in; ids are unsigned 32 bit.
public record User(String name, int uid, int gid, String home, String shell, List<Integer> groups) {

    public User {
        groups = List.copyOf(groups);
    }
}
