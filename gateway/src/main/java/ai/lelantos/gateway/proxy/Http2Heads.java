package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// HTTP/2's header fields as the lines of HTTP/1.1, and back. Nothing that could become a line of its own gets through.
final class Http2Heads {

    private static final Set<String> OF_ONE_HOP =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings");

    private Http2Heads() {}

    static ByteBuf request(Http2Headers headers, ByteBufAllocator allocator) {
        String method = text(headers.method());
        String path = text(headers.path());
        String authority = text(headers.authority());
        String host = text(headers.get("host"));
        if (!Grammar.isToken(method)
                || method.equals("CONNECT")
                || path.isEmpty()
                || !printable(path)
                || !Grammar.isValue(authority)
                || text(headers.scheme()).isEmpty()) {
            throw new BadMessage("malformed pseudo-header");
        }
        if (!host.isEmpty() && !authority.isEmpty() && !host.equalsIgnoreCase(authority)) {
            throw new BadMessage("Host is not :authority");
        }
        for (var pseudo : Http2Headers.PseudoHeaderName.values()) {
            if (headers.getAll(pseudo.value()).size() > 1) {
                throw new BadMessage("repeated pseudo-header");
            }
        }
        var lines =
                new StringBuilder(256).append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
        lines.append("Host: ").append(authority.isEmpty() ? host : authority).append("\r\n");
        fields(headers, lines);
        byte[] bytes = lines.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        return allocator.heapBuffer(bytes.length).writeBytes(bytes);
    }

    private static void fields(Http2Headers headers, StringBuilder lines) {
        var cookies = new StringBuilder();
        for (Map.Entry<CharSequence, CharSequence> field : headers) {
            String name = field.getKey().toString();
            String value = field.getValue().toString();
            if (name.startsWith(":") || name.equals("host")) {
                continue;
            }
            check(name, value);
            if (OF_ONE_HOP.contains(name) || (name.equals("te") && !value.equals("trailers"))) {
                throw new BadMessage("header field of one hop");
            }
            if (name.equals("cookie")) {
                cookies.append(cookies.isEmpty() ? "" : "; ").append(value);
            } else {
                lines.append(name).append(": ").append(value).append("\r\n");
            }
        }
        if (!cookies.isEmpty()) {
            lines.append("cookie: ").append(cookies).append("\r\n");
        }
    }

    /// The lines of a request's trailers, empty when there are none.
    static String trailers(Http2Headers headers) {
        var lines = new StringBuilder();
        for (Map.Entry<CharSequence, CharSequence> field : headers) {
            String name = field.getKey().toString();
            String value = field.getValue().toString();
            check(name, value);
            byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
            if (Field.of(bytes, 0, bytes.length) != Field.OTHER) {
                throw new BadMessage("trailer not allowed");
            }
            lines.append(name).append(": ").append(value).append("\r\n");
        }
        return lines.toString();
    }

    static Http2Headers response(Head head) {
        var headers = new DefaultHttp2Headers(false, head.fields() + 1).status(Integer.toString(head.status()));
        for (int i = 0; i < head.fields(); i++) {
            boolean length = head.field(i) == Field.CONTENT_LENGTH;
            if (Forwarding.passes(head, i, false) && !(length && (head.chunked() || !head.isFirst(i)))) {
                headers.add(head.name(i).toLowerCase(Locale.ROOT), head.value(i));
            }
        }
        return headers;
    }

    private static void check(String name, String value) {
        if (!Grammar.isToken(name) || !name.equals(name.toLowerCase(Locale.ROOT)) || !Grammar.isValue(value)) {
            throw new BadMessage("malformed header field");
        }
    }

    private static boolean printable(String path) {
        return path.chars().allMatch(c -> c > ' ' && c < 256 && c != 127);
    }

    private static String text(@Nullable CharSequence text) {
        return text == null ? "" : text.toString();
    }
}
