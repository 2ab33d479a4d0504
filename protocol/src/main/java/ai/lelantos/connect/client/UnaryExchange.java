package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Headers;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/// One unary call: bare message there, bare message or error back.
final class UnaryExchange<Q extends Message, R extends Message> {

    /// An error is read whole whatever the message limit, but not more of it than this.
    private static final int ERROR_BYTES_MAX = 1 << 20;

    private final Method<R> method;
    private final Codec codec;
    private final CallOptions options;

    UnaryExchange(Method<R> method, Codec codec, CallOptions options) {
        this.method = method;
        this.codec = codec;
        this.options = options;
    }

    Mono<UnaryAnswer<R>> call(HttpClient http, Q request) {
        return Mono.defer(() -> {
            boolean packed = options.compression() != Compression.IDENTITY;
            ByteString body = options.compression().compress(codec.encode(request));
            HttpClient.ResponseReceiver<?> sent = options.get() && method.safe()
                    ? http.headers(this::headers).request(HttpMethod.GET).uri(method.path() + query(body, packed))
                    : http.headers(headers -> postHeaders(headers, body.size(), packed))
                            .request(HttpMethod.POST)
                            .uri(method.path())
                            .send(Mono.fromSupplier(() -> Bodies.out(body)));
            return sent.response((response, answer) -> Bodies.in(answer)
                            .transform(pieces -> whole(pieces, limit(response)))
                            .map(bytes -> answer(response, bytes)))
                    .single();
        });
    }

    private void headers(HttpHeaders headers) {
        ConnectClient.common(headers, options);
        headers.set(Headers.UNARY_ACCEPT_ENCODING, Compression.SUPPORTED);
    }

    private void postHeaders(HttpHeaders headers, int bytes, boolean packed) {
        headers(headers);
        headers.set("content-type", contentType());
        headers.set("content-length", bytes);
        if (packed) {
            headers.set(Headers.UNARY_CONTENT_ENCODING, options.compression().wireName());
        }
    }

    private String query(ByteString body, boolean packed) {
        boolean text = codec instanceof Codec.Json && !packed;
        String message = text
                ? URLEncoder.encode(body.toStringUtf8(), StandardCharsets.UTF_8)
                : Base64.getUrlEncoder().withoutPadding().encodeToString(body.toByteArray());
        return "?connect=v1&encoding=" + codec.name()
                + (text ? "" : "&base64=1")
                + (packed ? "&compression=" + options.compression().wireName() : "")
                + "&message=" + message;
    }

    private String contentType() {
        return "application/" + codec.name();
    }

    private int limit(HttpClientResponse response) {
        return response.status().code() == 200 ? options.messageBytesMax() : ERROR_BYTES_MAX;
    }

    private static Mono<ByteString> whole(Flux<ByteString> pieces, int bytesMax) {
        return pieces.scan(ByteString.EMPTY, (sum, piece) -> {
                    if ((long) sum.size() + piece.size() > bytesMax) {
                        throw CallFailure.made(
                                Code.RESOURCE_EXHAUSTED,
                                "message size is larger than configured max " + bytesMax,
                                Metadata.NONE);
                    }
                    return sum.concat(piece);
                })
                .last();
    }

    private UnaryAnswer<R> answer(HttpClientResponse response, ByteString body) {
        Metadata headers = Metadata.unaryHeaders(response.responseHeaders());
        Metadata trailers = Metadata.unaryTrailers(response.responseHeaders());
        String contentType = Bodies.bare(headers.first("content-type"));
        int status = response.status().code();
        Compression encoding = Bodies.declared(headers.first(Headers.UNARY_CONTENT_ENCODING), headers);
        if (status != 200) {
            var implied = ConnectError.of(Code.ofHttpStatus(status), "HTTP status " + response.status());
            ConnectError error = contentType.equals("application/json")
                    ? ConnectError.parse(plain(encoding, body, ERROR_BYTES_MAX).toStringUtf8(), implied)
                    : implied;
            throw CallFailure.said(error, headers, trailers);
        }
        if (!contentType.equals(contentType())) {
            // Of another codec it is a broken peer; of anything else, something that is no Connect server at all.
            Code code = contentType.equals("application/json") || contentType.equals("application/proto")
                    ? Code.INTERNAL
                    : Code.UNKNOWN;
            throw CallFailure.made(
                    code, "invalid content-type: expected " + contentType() + ", got \"" + contentType + "\"", headers);
        }
        R message = codec.decode(plain(encoding, body, options.messageBytesMax()), method.answer());
        return new UnaryAnswer<>(headers, message, trailers);
    }

    private static ByteString plain(Compression encoding, ByteString body, int bytesMax) {
        return body.isEmpty() ? body : encoding.decompress(body, bytesMax);
    }
}
