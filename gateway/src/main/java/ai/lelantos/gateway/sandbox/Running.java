package ai.lelantos.gateway.sandbox;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The proxy's view of sandboxes: a read model in memory, never the truth.
public interface Running {

    /// The route of a running sandbox, null when it is unknown, paused or gone. No allocation, no I/O.
    @Nullable
    Route find(String sandboxId);

    /// Every route there is now; for signed URLs that carry no sandbox id.
    Collection<Route> all();

    /// For a sandbox that [#find] does not know: waits for a transition in flight, or resumes it when its policy and
    /// the credentials allow; one resume however many ask. Fails with a [WakeRefused].
    Mono<Route> wake(String sandboxId, Credentials credentials);

    /// Routes in the moment they end, after they are gone from [#find].
    Flux<Route> ended();

    /// Adds what a sandbox said to its log, in this order; the oldest beyond the limit go.
    Mono<Void> log(String sandboxId, List<Said> lines);

    /// What a sandbox said of itself, or of the output of its commands.
    ///
    /// @param level debug, info, warn or error; anything else counts as info
    /// @param fields whose words they are
    record Said(String level, String text, Map<String, String> fields) {}

    /// What a request brought along to be let in.
    record Credentials(
            int port,
            @Nullable String accessToken,
            @Nullable String trafficToken) {}

    /// Why a sandbox was not woken.
    enum Reason {
        NOT_FOUND,
        CREDENTIALS,
        TRANSITIONING,
        TEAM_LIMIT
    }

    /// The answer "no" of [#wake].
    final class WakeRefused extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final Reason reason;

        public WakeRefused(Reason reason, String message) {
            super(message, null, false, false);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }
    }
}
