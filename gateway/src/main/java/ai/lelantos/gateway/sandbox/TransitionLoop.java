package ai.lelantos.gateway.sandbox;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Transitions in flight: one for each sandbox at a time, run to their end whether or not the caller who began them
/// stays.
final class TransitionLoop implements AutoCloseable {

    private static final int IN_FLIGHT_MAX = 4_096;

    private final Map<String, Flight> flights = new ConcurrentHashMap<>();
    private final Disposable.Composite running = Disposables.composite();

    /// One transition.
    ///
    /// @param to the state in between that it passes through
    record Flight(SandboxState to, Sinks.One<Sandbox> landing) {

        /// Its result, for whoever asks and as often as asked.
        Mono<Sandbox> result() {
            return landing.asMono();
        }
    }

    /// Begins the work unless a transition of this sandbox is in flight.
    ///
    /// @return null when there is one: see [#find]
    @Nullable
    Flight begin(String id, SandboxState to, Supplier<Mono<Sandbox>> work) {
        if (flights.size() >= IN_FLIGHT_MAX) {
            throw new Refusal(Refusal.Kind.BUSY, id);
        }
        Flight fresh = new Flight(to, Sinks.one());
        if (flights.putIfAbsent(id, fresh) != null) {
            return null;
        }
        Disposable.Swap subscription = Disposables.swap();
        running.add(subscription);
        subscription.update(Mono.defer(work)
                .doFinally(signal -> running.remove(subscription))
                .subscribe(
                        result -> land(id, fresh, () -> fresh.landing.tryEmitValue(result)),
                        failure -> land(id, fresh, () -> fresh.landing.tryEmitError(failure)),
                        () -> land(id, fresh, () -> fresh.landing.tryEmitEmpty())));
        return fresh;
    }

    /// Out of the list first: who hears of the landing may begin the next.
    private void land(String id, Flight flight, Supplier<Sinks.EmitResult> emit) {
        flights.remove(id, flight);
        // A second terminal signal (completion after the value) is refused by the sink, as it should be.
        Sinks.EmitResult ignored = emit.get();
        assert ignored != null;
    }

    @Nullable
    Flight find(String id) {
        return flights.get(id);
    }

    int inFlight() {
        return flights.size();
    }

    @Override
    public void close() {
        running.dispose();
    }
}
