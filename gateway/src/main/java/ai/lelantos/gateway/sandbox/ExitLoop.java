package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.runtime.MachineExit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Ends sandboxes whose machine ended by itself.
final class ExitLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ExitLoop.class);
    private static final int AT_ONCE_MAX = 64;

    private final Disposable running;

    ExitLoop(Flux<MachineExit> exits, LiveSandboxes live, BiFunction<String, String, Mono<Void>> vanish) {
        this.running = exits.onBackpressureBuffer(AT_ONCE_MAX * AT_ONCE_MAX)
                .flatMap(
                        exit -> {
                            String id = live.sandboxOf(exit.machineId());
                            log.atWarn()
                                    .addKeyValue("machine", exit.machineId())
                                    .addKeyValue("sandbox", id)
                                    .addKeyValue("reason", exit.reason())
                                    .log("a machine ended");
                            return id == null
                                    ? Mono.empty()
                                    : vanish.apply(
                                                    id,
                                                    exit.outOfMemory()
                                                            ? "out of memory: " + exit.reason()
                                                            : exit.reason())
                                            .onErrorResume(failure -> {
                                                log.atWarn()
                                                        .addKeyValue("sandbox", id)
                                                        .setCause(failure)
                                                        .log("its sandbox could not be ended");
                                                return Mono.empty();
                                            });
                        },
                        AT_ONCE_MAX)
                .subscribe();
    }

    @Override
    public void close() {
        running.dispose();
    }
}
