package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.connect.ErrorDetail;
import ai.lelantos.protocol.connect.Headers;
import ai.lelantos.protocol.connect.Timeout;
import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpHeadersBuilder;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// gRPC and gRPC-Web: the same frames; the one ends in HTTP trailers, the other in an envelope that holds them.
/// We never fold head and trailers into one ("trailers only"): headers a handler set would be lost to it.
record Grpc(Codec codec, boolean web, String contentType) implements Protocol.Enveloped {

    @Override
    public void check(RequestHeaders headers) {}

    @Override
    public Optional<Duration> timeout(RequestHeaders headers) {
        return Timeout.ofGrpc(headers.get(Headers.GRPC_TIMEOUT));
    }

    @Override
    public Compression requestEncoding(RequestHeaders headers) {
        return Compression.ofDeclared(headers.get(Headers.GRPC_ENCODING));
    }

    @Override
    public Compression answerEncoding(RequestHeaders headers) {
        return Compression.ofAccepted(headers.get(Headers.GRPC_ACCEPT_ENCODING));
    }

    @Override
    public ResponseHeaders head(HttpHeaders own, Compression encoding) {
        ResponseHeadersBuilder head = ResponseHeaders.builder(HttpStatus.OK)
                .add(own)
                .set("content-type", contentType)
                .set(Headers.GRPC_ACCEPT_ENCODING, Compression.SUPPORTED);
        if (encoding != Compression.IDENTITY) {
            head.set(Headers.GRPC_ENCODING, encoding.wireName());
        }
        return head.build();
    }

    @Override
    public Ending end(@Nullable ConnectError error, HttpHeaders trailers) {
        HttpHeadersBuilder all = trailers.toBuilder();
        all.set(
                Headers.GRPC_STATUS,
                Integer.toString(error == null ? 0 : error.code().number()));
        if (error != null) {
            if (!error.message().isEmpty()) {
                all.set(Headers.GRPC_MESSAGE, PercentText.encode(error.message()));
            }
            if (!error.details().isEmpty()) {
                all.set(Headers.GRPC_STATUS_DETAILS, details(error));
            }
        }
        return web
                ? new Ending(new Envelope(Envelope.TRAILERS, block(all.build())), HttpHeaders.of())
                : new Ending(null, all.build());
    }

    private static String details(ConnectError error) {
        var status = Status.newBuilder().setCode(error.code().number()).setMessage(error.message());
        error.details().stream().map(ErrorDetail::toAny).forEach(status::addDetails);
        return Base64.getEncoder()
                .withoutPadding()
                .encodeToString(status.build().toByteArray());
    }

    /// Trailers as a block of HTTP/1 header lines, names in lower case.
    private static ByteString block(HttpHeaders trailers) {
        var lines = new StringBuilder();
        trailers.forEach(
                (name, value) -> lines.append(name).append(": ").append(value).append("\r\n"));
        return ByteString.copyFromUtf8(lines.toString());
    }
}
