package ai.lelantos.envd.access;

import ai.lelantos.envd.linux.User;
import java.util.ArrayDeque;

/// What a path in a request means for a user: empty, absolute, under the home, or relative to it.
public final class HomePath {

    private HomePath() {}

    /// The absolute path meant. An absolute one is taken to the letter; `~name` is refused with
    /// [IllegalArgumentException], whose message is fit for the client.
    public static String resolve(String path, User user, String defaultWorkdir) {
        if (path.isEmpty()) {
            return defaultWorkdir.isEmpty() ? user.home() : resolve(defaultWorkdir, user, "");
        }
        if (path.startsWith("/")) {
            return path;
        }
        if (path.equals("~")) {
            return user.home();
        }
        if (path.startsWith("~/")) {
            return clean(user.home() + path.substring(1));
        }
        if (path.startsWith("~")) {
            throw new IllegalArgumentException(
                    "failed to resolve path '" + path + "': cannot expand user-specific home dir");
        }
        return clean(user.home() + "/" + path);
    }

    /// The shortest path that names the same place if no part of it is a link.
    static String clean(String absolute) {
        var parts = new ArrayDeque<String>();
        for (String part : absolute.split("/", -1)) {
            if (part.equals("..")) {
                var _ = parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return "/" + String.join("/", parts);
    }
}
