package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Problem;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// The filter by metadata: a query string within a query parameter, each client encoding it in its own way.
final class MetadataFilter {

    private static final int PAIRS_MAX = 64;

    private MetadataFilter() {}

    /// @param once the parameter after HTTP's own decoding
    static Map<String, String> parse(String once) {
        try {
            String twice = decode(once);
            Map<String, String> pairs = new LinkedHashMap<>();
            for (String pair : twice.split("&", -1)) {
                if (pair.isEmpty()) {
                    continue;
                }
                int equals = pair.indexOf('=');
                if (equals < 0) {
                    throw new IllegalArgumentException("'" + pair + "' has no '='");
                }
                pairs.put(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
            }
            if (pairs.size() > PAIRS_MAX) {
                throw new IllegalArgumentException(pairs.size() + " pairs (at most " + PAIRS_MAX + ")");
            }
            return pairs;
        } catch (IllegalArgumentException e) {
            throw new Problem(400, "Error parsing metadata: " + e.getMessage()).toException();
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
