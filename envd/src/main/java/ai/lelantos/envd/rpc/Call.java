package ai.lelantos.envd.rpc;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Facts of the RPC being served, for its handler. Carried by [Context]: threads a handler starts see it if they
/// are started through that context.
public sealed interface Call permits ServedCall {

    /// The call served by the current thread.
    static Call current() {
        return Objects.requireNonNull(ServedCall.CURRENT.get(), "no RPC is served on this thread");
    }

    /// `/process.Process/Start`.
    String path();

    /// The first value of a request header, by any case of its name.
    @Nullable
    String header(String name);

    /// Every request header as it came, repeated ones as often as they were sent; without HTTP/2's pseudo headers.
    List<Map.Entry<String, String>> headers();

    /// Whether the request came as Connect's GET, whose answer may be cached.
    boolean isGet();

    /// How long the client said it will wait; empty for no header and for `0`.
    Optional<Duration> timeout();

    /// Whether nobody waits for the answer any more: the client left or its deadline passed.
    boolean clientLeft();

    /// Runs once, on a thread of its own, when the call is over, however it ended; at once if it already is.
    void onEnd(Runnable hook);

    /// Adds a header to the answer; too late, and an error of the handler, once a message was sent.
    void answerHeader(String name, String value);

    /// Adds a trailer to the answer, in whatever place the protocol has for it.
    void trailer(String name, String value);
}
