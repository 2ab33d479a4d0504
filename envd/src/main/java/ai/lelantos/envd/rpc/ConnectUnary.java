package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Headers;
import ai.lelantos.protocol.connect.Timeout;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import java.time.Duration;
import java.util.Optional;

/// Connect's unary calls: the body is the bare message, the HTTP status tells how it went.
record ConnectUnary(Codec codec) implements Protocol.Unary {

    static final String ERROR_CONTENT_TYPE = "application/json";

    @Override
    public void check(RequestHeaders headers) {
        ConnectVersion.check(headers);
    }

    @Override
    public Optional<Duration> timeout(RequestHeaders headers) {
        return Timeout.ofConnect(headers.get(Headers.CONNECT_TIMEOUT_MS));
    }

    @Override
    public Compression requestEncoding(RequestHeaders headers) {
        return Compression.ofDeclared(headers.get(Headers.UNARY_CONTENT_ENCODING));
    }

    @Override
    public Compression answerEncoding(RequestHeaders headers) {
        return Compression.ofAccepted(headers.get(Headers.UNARY_ACCEPT_ENCODING));
    }

    @Override
    public ResponseHeaders success(HttpHeaders own, HttpHeaders trailers, Compression encoding, int bytes) {
        ResponseHeadersBuilder head = head(HttpStatus.OK, "application/" + codec.name(), own, trailers, bytes);
        if (encoding != Compression.IDENTITY) {
            head.set(Headers.UNARY_CONTENT_ENCODING, encoding.wireName());
        }
        return head.build();
    }

    @Override
    public ResponseHeaders failure(ConnectError error, HttpHeaders own, HttpHeaders trailers, int bytes) {
        HttpStatus status = HttpStatus.valueOf(error.code().httpStatus());
        return head(status, ERROR_CONTENT_TYPE, own, trailers, bytes).build();
    }

    private static ResponseHeadersBuilder head(
            HttpStatus status, String contentType, HttpHeaders own, HttpHeaders trailers, int bytes) {
        ResponseHeadersBuilder head = ResponseHeaders.builder(status).add(own);
        trailers.forEach((name, value) -> head.add(Headers.UNARY_TRAILER_PREFIX + name, value));
        return head.set("content-type", contentType)
                .set(Headers.UNARY_ACCEPT_ENCODING, Compression.SUPPORTED)
                .contentLength(bytes);
    }
}
