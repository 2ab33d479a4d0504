package ai.lelantos.envd.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The parameters of a query string, the first of each name.
public final class Query {

    private final Map<String, String> values;

    private Query(Map<String, String> values) {
        this.values = values;
    }

    /// Reads a query; refuses (400) an escape that is none and bytes that are not UTF-8.
    static Query parse(@Nullable String raw) throws Problem {
        var values = new HashMap<String, String>();
        if (raw != null && !raw.isEmpty()) {
            for (String pair : raw.split("&", -1)) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                values.putIfAbsent(decode(name), decode(value));
            }
        }
        return new Query(values);
    }

    /// The value of a parameter, empty when absent.
    public String get(String name) {
        return values.getOrDefault(name, "");
    }

    public boolean has(String name) {
        return values.containsKey(name);
    }

    private static String decode(String escaped) throws Problem {
        if (escaped.indexOf('%') < 0
                && escaped.indexOf('+') < 0
                && escaped.chars().allMatch(c -> c < 0x80)) {
            return escaped;
        }
        byte[] in = escaped.getBytes(StandardCharsets.UTF_8);
        var out = ByteBuffer.allocate(in.length);
        for (int at = 0; at < in.length; at++) {
            switch (in[at]) {
                case '+' -> out.put((byte) ' ');
                case '%' -> {
                    out.put((byte) (hex(in, at + 1) << 4 | hex(in, at + 2)));
                    at += 2;
                }
                default -> out.put(in[at]);
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
        } catch (CharacterCodingException _) {
            throw new Problem(400, "the query is not UTF-8 where it says '" + escaped + "'");
        }
    }

    private static int hex(byte[] text, int at) throws Problem {
        int digit = at < text.length ? Character.digit(text[at], 16) : -1;
        if (digit < 0) {
            throw new Problem(400, "the query has a '%' that no two hexadecimal digits follow");
        }
        return digit;
    }
}
