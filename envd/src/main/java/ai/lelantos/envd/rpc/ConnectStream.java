package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.EndOfStream;
import ai.lelantos.protocol.connect.Headers;
import ai.lelantos.protocol.connect.Timeout;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Connect's streams: always 200, always one last envelope that tells how it went.
record ConnectStream(Codec codec) implements Protocol.Enveloped {

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
        return Compression.ofDeclared(headers.get(Headers.STREAM_CONTENT_ENCODING));
    }

    @Override
    public Compression answerEncoding(RequestHeaders headers) {
        return Compression.ofAccepted(headers.get(Headers.STREAM_ACCEPT_ENCODING));
    }

    @Override
    public ResponseHeaders head(HttpHeaders own, Compression encoding) {
        ResponseHeadersBuilder head = ResponseHeaders.builder(HttpStatus.OK)
                .add(own)
                .set("content-type", "application/connect+" + codec.name())
                .set(Headers.STREAM_ACCEPT_ENCODING, Compression.SUPPORTED);
        if (encoding != Compression.IDENTITY) {
            head.set(Headers.STREAM_CONTENT_ENCODING, encoding.wireName());
        }
        return head.build();
    }

    @Override
    public Ending end(@Nullable ConnectError error, HttpHeaders trailers) {
        if (error == null && trailers.isEmpty()) {
            return new Ending(EndOfStream.SUCCESS.toEnvelope(), HttpHeaders.of());
        }
        Map<String, List<String>> metadata = new LinkedHashMap<>();
        trailers.names().forEach(name -> metadata.put(name.toString(), trailers.getAll(name)));
        return new Ending(new EndOfStream(error, metadata).toEnvelope(), HttpHeaders.of());
    }
}
