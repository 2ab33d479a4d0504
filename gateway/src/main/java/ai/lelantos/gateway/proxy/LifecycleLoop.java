package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// The proxy's two ties to the life of sandboxes: hears of runs that end, and asks for paused ones to be woken.
final class LifecycleLoop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LifecycleLoop.class);

    private final Running running;
    private final Disposable endings;

    LifecycleLoop(Running running, Lanes lanes) {
        this.running = running;
        this.endings = running.ended()
                .doOnNext(lanes::end)
                .doOnError(failure ->
                        LOG.error("endings of sandboxes could not be followed, following them again", failure))
                .retryWhen(Retry.indefinitely())
                .subscribe();
    }

    /// Wakes a sandbox; the answer comes on `loop`. Disposing the result means that the asker is no longer interested.
    Disposable wake(
            String sandboxId,
            Running.Credentials credentials,
            Executor loop,
            Consumer<Route> woken,
            Consumer<Throwable> refused) {
        return Mono.defer(() -> running.wake(sandboxId, credentials))
                .switchIfEmpty(Mono.error(
                        () -> new Running.WakeRefused(Running.Reason.NOT_FOUND, "The sandbox was not found")))
                .subscribe(
                        route -> loop.execute(() -> woken.accept(route)),
                        failure -> loop.execute(() -> refused.accept(failure)));
    }

    @Override
    public void close() {
        endings.dispose();
    }
}
