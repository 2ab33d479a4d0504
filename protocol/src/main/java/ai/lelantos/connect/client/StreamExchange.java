package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.EndOfStream;
import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.connect.EnvelopeCutter;
import ai.lelantos.protocol.connect.Headers;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

/// One streaming call: envelopes there, envelopes back, the last of which tells how it went.
final class StreamExchange<Q extends Message, R extends Message> {

    /// Pieces of the answer taken from the connection ahead of the subscriber; a piece is what one read gave.
    private static final int PIECES_AHEAD_MAX = 1;

    private final Method<R> method;
    private final Codec codec;
    private final CallOptions options;

    StreamExchange(Method<R> method, Codec codec, CallOptions options) {
        this.method = method;
        this.codec = codec;
        this.options = options;
    }

    Flux<Part<R>> call(HttpClient http, Publisher<Q> requests) {
        return http.headers(this::headers)
                .post()
                .uri(method.path())
                .send((request, out) -> out.send(Flux.from(requests).map(this::envelope), _ -> true))
                // Deferred: what this function threw itself would leave the body to nobody, and leak it.
                .response((response, body) -> Flux.defer(() -> answer(response, Bodies.in(body))));
    }

    private void headers(HttpHeaders headers) {
        ConnectClient.common(headers, options);
        headers.set("content-type", contentType());
        headers.set(Headers.STREAM_ACCEPT_ENCODING, Compression.SUPPORTED);
        if (options.compression() != Compression.IDENTITY) {
            headers.set(Headers.STREAM_CONTENT_ENCODING, options.compression().wireName());
        }
    }

    private String contentType() {
        return "application/connect+" + codec.name();
    }

    private ByteBuf envelope(Q request) {
        boolean packed = options.compression() != Compression.IDENTITY;
        ByteString payload = options.compression().compress(codec.encode(request));
        return Bodies.out(new Envelope(packed ? Envelope.COMPRESSED : 0, payload).encode());
    }

    private Flux<Part<R>> answer(HttpClientResponse response, Flux<ByteString> body) {
        Metadata headers = Metadata.of(response.responseHeaders());
        int status = response.status().code();
        if (status != 200) {
            throw CallFailure.made(Code.ofHttpStatus(status), "HTTP status " + response.status(), headers);
        }
        String contentType = Bodies.bare(headers.first("content-type"));
        if (!contentType.equals(contentType())) {
            Code code = contentType.startsWith("application/connect+") ? Code.INTERNAL : Code.UNKNOWN;
            throw CallFailure.made(
                    code, "invalid content-type: expected " + contentType() + ", got \"" + contentType + "\"", headers);
        }
        Compression encoding = Bodies.declared(headers.first(Headers.STREAM_CONTENT_ENCODING), headers);
        var reader = new Reader(headers, encoding);
        return Flux.<Part<R>>just(new Part.Head<>(headers))
                .concatWith(body.flatMapIterable(reader::parts, PIECES_AHEAD_MAX))
                .concatWith(Flux.defer(reader::finish));
    }

    /// The answer of one call, from pieces of its body to its parts.
    private final class Reader {

        private final Metadata headers;
        private final Compression encoding;
        private final EnvelopeCutter cutter =
                new EnvelopeCutter(options.messageBytesMax(), Envelope.COMPRESSED | Envelope.END_STREAM);
        private int messages;
        private boolean ended;

        private Reader(Metadata headers, Compression encoding) {
            this.headers = headers;
            this.encoding = encoding;
        }

        List<Part<R>> parts(ByteString piece) {
            cutter.feed(piece);
            var parts = new ArrayList<Part<R>>();
            for (Envelope next = cutter.next(); next != null; next = cutter.next()) {
                parts.add(part(next));
            }
            return parts;
        }

        private Part<R> part(Envelope envelope) {
            if (ended) {
                throw broken(Code.INTERNAL, "data after the end of the stream");
            }
            ByteString payload = plain(envelope);
            if ((envelope.flags() & Envelope.END_STREAM) == 0) {
                messages++;
                if (messages > 1 && method.answersOnce()) {
                    throw broken(Code.UNIMPLEMENTED, "expected one answer, got more");
                }
                return new Part.Message<>(codec.decode(payload, method.answer()));
            }
            ended = true;
            EndOfStream end = EndOfStream.parse(payload);
            Metadata trailers = Metadata.ofTrailers(end.metadata());
            if (end.error() != null) {
                throw CallFailure.said(end.error(), headers, trailers);
            }
            if (messages == 0 && method.answersOnce()) {
                throw broken(Code.UNIMPLEMENTED, "expected one answer, got none");
            }
            return new Part.End<>(trailers);
        }

        private ByteString plain(Envelope envelope) {
            if (!envelope.isCompressed()) {
                return envelope.payload();
            }
            if (encoding == Compression.IDENTITY) {
                throw broken(Code.INTERNAL, "sent compressed message without compression support");
            }
            return encoding.decompress(envelope.payload(), options.messageBytesMax());
        }

        /// Called once the body is over, which must have held the end of the stream.
        Flux<Part<R>> finish() {
            cutter.finish();
            if (!ended) {
                throw broken(Code.INTERNAL, "the body is over without an end of the stream");
            }
            return Flux.empty();
        }

        private CallFailure broken(Code code, String why) {
            return CallFailure.made(code, "protocol error: " + why, headers);
        }
    }
}
