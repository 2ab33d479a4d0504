package ai.lelantos.gateway.sandbox;

import java.time.Clock;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Ends sandboxes when their time has come: looks at the head of [Deadlines], never at rows that are not due.
final class ExpiryLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ExpiryLoop.class);

    /// Half of what the contract gives until an end is noticed.
    private static final Duration EVERY = Duration.ofMillis(50);
    /// Ends under way; further ones wait for one of them.
    private static final int AT_ONCE_MAX = 64;
    /// Ends taken out of the list at one look.
    private static final int DUE_MAX = 4_096;

    private final Disposable running;

    ExpiryLoop(Deadlines deadlines, Clock clock, Function<String, Mono<Void>> expire) {
        this.running = Flux.interval(EVERY)
                .onBackpressureDrop()
                .concatMapIterable(tick -> deadlines.due(clock.instant(), DUE_MAX), 1)
                .flatMap(
                        id -> expire.apply(id).onErrorResume(failure -> {
                            log.atWarn()
                                    .addKeyValue("sandbox", id)
                                    .setCause(failure)
                                    .log("expiry failed, trying again");
                            deadlines.put(id, clock.instant().plusSeconds(1));
                            return Mono.empty();
                        }),
                        AT_ONCE_MAX)
                .subscribe();
    }

    @Override
    public void close() {
        running.dispose();
    }
}
