package ai.lelantos.gateway.proxy;

import java.util.ArrayDeque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The agent's paths that only the gateway itself may call.
final class InternalPath {

    private static final Set<String> RESERVED =
            Set.of("/collapse", "/freeze", "/fsfreeze", "/fsthaw", "/init", "/unfreeze", "/upgrade");

    private InternalPath() {}

    /// The reserved path that a request target means, however it is spelled; null when it means another.
    static @Nullable String of(String target) {
        int query = target.indexOf('?');
        String path = clean(decode(query < 0 ? target : target.substring(0, query)));
        return RESERVED.contains(path) ? path : null;
    }

    private static String decode(String path) {
        if (path.indexOf('%') < 0) {
            return path;
        }
        var decoded = new StringBuilder(path.length());
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%' && i + 2 < path.length()) {
                int high = Character.digit(path.charAt(i + 1), 16);
                int low = Character.digit(path.charAt(i + 2), 16);
                if (high >= 0 && low >= 0) {
                    decoded.append((char) ((high << 4) | low));
                    i += 2;
                    continue;
                }
            }
            decoded.append(c);
        }
        return decoded.toString();
    }

    private static String clean(String path) {
        var parts = new ArrayDeque<String>();
        for (String part : path.split("/", -1)) {
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return "/" + String.join("/", parts);
    }
}
