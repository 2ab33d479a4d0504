package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Headers;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Headers or trailers as a peer sent them: names in lower case, values in their order.
public record Metadata(Map<String, List<String>> values) {

    public static final Metadata NONE = new Metadata(Map.of());

    public @Nullable String first(String name) {
        List<String> all = values.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        return all.isEmpty() ? null : all.getFirst();
    }

    static Metadata of(HttpHeaders headers) {
        return collect(headers.iteratorAsString(), "", false);
    }

    /// The headers of a unary answer, without those that stand for trailers.
    static Metadata unaryHeaders(HttpHeaders headers) {
        return collect(headers.iteratorAsString(), Headers.UNARY_TRAILER_PREFIX, false);
    }

    /// The trailers of a unary answer, which are headers with a prefix.
    static Metadata unaryTrailers(HttpHeaders headers) {
        return collect(headers.iteratorAsString(), Headers.UNARY_TRAILER_PREFIX, true);
    }

    static Metadata ofTrailers(Map<String, List<String>> trailers) {
        var values = new LinkedHashMap<String, List<String>>();
        trailers.forEach((name, list) -> values.computeIfAbsent(name.toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                .addAll(list));
        return new Metadata(values);
    }

    private static Metadata collect(
            java.util.Iterator<Map.Entry<String, String>> headers, String prefix, boolean prefixed) {
        var values = new LinkedHashMap<String, List<String>>();
        while (headers.hasNext()) {
            Map.Entry<String, String> header = headers.next();
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (prefix.isEmpty() || name.startsWith(prefix) == prefixed) {
                values.computeIfAbsent(prefixed ? name.substring(prefix.length()) : name, _ -> new ArrayList<>())
                        .add(header.getValue());
            }
        }
        return new Metadata(values);
    }
}
