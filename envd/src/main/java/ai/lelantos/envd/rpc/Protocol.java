package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Envelope;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What differs between the wire protocols, as pure translation of headers and endings; each is a value of its codec.
sealed interface Protocol {

    Codec codec();

    /// Refuses headers that the protocol forbids.
    void check(RequestHeaders headers);

    /// The client's deadline as it came; zero is still zero here.
    Optional<Duration> timeout(RequestHeaders headers);

    /// How the request's messages are compressed.
    Compression requestEncoding(RequestHeaders headers);

    /// How the answer's messages may be compressed.
    Compression answerEncoding(RequestHeaders headers);

    /// Head and body appear together, once it is known how the call went.
    non-sealed interface Unary extends Protocol {

        ResponseHeaders success(HttpHeaders own, HttpHeaders trailers, Compression encoding, int bytes);

        ResponseHeaders failure(ConnectError error, HttpHeaders own, HttpHeaders trailers, int bytes);
    }

    /// Messages in envelopes: a head, then envelopes, then an ending.
    non-sealed interface Enveloped extends Protocol {

        ResponseHeaders head(HttpHeaders own, Compression encoding);

        Ending end(@Nullable ConnectError error, HttpHeaders trailers);
    }

    /// How a stream ends: with a last envelope, with HTTP trailers, or with both.
    record Ending(@Nullable Envelope last, HttpHeaders trailers) {}
}
