package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import com.google.protobuf.ByteString;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Connect's unary GET, for methods without side effects: the whole request is in the query. Answered as
/// [ConnectUnary].
record ConnectGet(ConnectUnary unary, Compression encoding, ByteString message) implements Protocol.Unary {

    private static final String VERSION = "v1";

    /// Reads `encoding`, `message`, `base64`, `compression` and `connect`; null for an encoding that is no codec of
    /// ours.
    static @Nullable ConnectGet of(@Nullable String query, Codec json) {
        Map<String, ByteString> parameters = parameters(query == null ? "" : query);
        Codec codec = codec(text(parameters, "encoding"), json);
        if (codec == null) {
            return null;
        }
        String version = text(parameters, "connect");
        if (version != null && !version.equals(VERSION)) {
            throw invalid("connect must be \"" + VERSION + "\": got \"" + version + "\"");
        }
        ByteString message = parameters.get("message");
        if (message == null) {
            throw invalid("query parameter message is missing");
        }
        Compression encoding = Compression.ofDeclared(text(parameters, "compression"));
        boolean packed = "1".equals(text(parameters, "base64"));
        return new ConnectGet(new ConnectUnary(codec), encoding, packed ? base64(message) : message);
    }

    @Override
    public Codec codec() {
        return unary.codec();
    }

    @Override
    public void check(RequestHeaders headers) {
        unary.check(headers);
    }

    @Override
    public Optional<Duration> timeout(RequestHeaders headers) {
        return unary.timeout(headers);
    }

    @Override
    public Compression requestEncoding(RequestHeaders headers) {
        return encoding;
    }

    @Override
    public Compression answerEncoding(RequestHeaders headers) {
        return unary.answerEncoding(headers);
    }

    @Override
    public ResponseHeaders success(HttpHeaders own, HttpHeaders trailers, Compression encoding, int bytes) {
        return unary.success(own, trailers, encoding, bytes);
    }

    @Override
    public ResponseHeaders failure(ConnectError error, HttpHeaders own, HttpHeaders trailers, int bytes) {
        return unary.failure(error, own, trailers, bytes);
    }

    private static @Nullable Codec codec(@Nullable String name, Codec json) {
        return switch (name) {
            case "proto" -> Codec.PROTO;
            case "json" -> json;
            case null, default -> null;
        };
    }

    /// Bytes, not text: a proto message may be percent-encoded without base64. Of repeated names the first counts.
    private static Map<String, ByteString> parameters(String query) {
        var parameters = new HashMap<String, ByteString>();
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            parameters.putIfAbsent(decoded(name).toStringUtf8(), decoded(value));
        }
        return parameters;
    }

    private static ByteString decoded(String text) {
        ByteString.Output bytes = ByteString.newOutput(text.length());
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '+') {
                bytes.write(' ');
            } else if (c != '%') {
                bytes.write(c);
            } else {
                int high = at + 2 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
                int low = at + 2 < text.length() ? Character.digit(text.charAt(at + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw invalid("query has a broken percent escape");
                }
                bytes.write(high << 4 | low);
                at += 2;
            }
        }
        return bytes.toByteString();
    }

    private static ByteString base64(ByteString message) {
        String text = message.toStringUtf8().replace('+', '-').replace('/', '_');
        try {
            return ByteString.copyFrom(Base64.getUrlDecoder().decode(text));
        } catch (IllegalArgumentException _) {
            throw invalid("query parameter message is no base64");
        }
    }

    private static @Nullable String text(Map<String, ByteString> parameters, String name) {
        ByteString value = parameters.get(name);
        return value == null ? null : value.toStringUtf8();
    }

    private static ConnectFailure invalid(String why) {
        return ConnectError.of(Code.INVALID_ARGUMENT, why).toFailure();
    }
}
