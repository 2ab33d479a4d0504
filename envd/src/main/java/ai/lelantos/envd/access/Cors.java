package ai.lelantos.envd.access;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What browsers of any origin may do: everything, but without credentials.
final class Cors {

    private static final Set<String> METHODS = Set.of("HEAD", "GET", "POST", "PUT", "PATCH", "DELETE");
    private static final String PREFLIGHT_SECONDS = "7200";

    /// The contract's, and those of docs/replay.md.
    private static final String EXPOSED =
            "Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, Location, Cache-Control, "
                    + "X-Content-Type-Options, Lelantos-Replay-Offset, Lelantos-Replay-Lost";

    /// What an answer to a call that came from a page of another origin carries.
    static final Map<String, String> ACTUAL =
            Map.of("access-control-allow-origin", "*", "access-control-expose-headers", EXPOSED, "vary", "Origin");

    private Cors() {}

    /// The headers of the answer to a preflight; a method we do not allow gets none that would allow it.
    static Map<String, String> preflight(@Nullable String origin, String method, @Nullable String headers) {
        var answer = new LinkedHashMap<String, String>();
        answer.put("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
        if (origin != null && METHODS.contains(method)) {
            answer.put("access-control-allow-origin", "*");
            answer.put("access-control-allow-methods", method);
            if (headers != null) {
                answer.put("access-control-allow-headers", headers);
            }
            answer.put("access-control-max-age", PREFLIGHT_SECONDS);
        }
        return answer;
    }
}
