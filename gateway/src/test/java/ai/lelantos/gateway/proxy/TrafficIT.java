package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.PooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Every kind of exchange at once while sandboxes are killed, paused and resumed: each ends whole, cut by the end of
/// its sandbox, or with an error of the contract; none hangs, and nothing is left of any.
/// `-Dtraffic.seconds=600 -Dtraffic.connections=300` is the long form, `-Dtraffic.seed=` repeats one.
class TrafficIT {

    private static final int SECONDS = Integer.getInteger("traffic.seconds", 5);
    private static final int CONNECTIONS = Integer.getInteger("traffic.connections", 60);
    private static final int UPHEAVAL_MS = 20; // between changes of some sandbox's state
    private static final long HEAP_GROWTH_BYTES_MAX = 24 << 20; // between a third of the run and its end

    @Test
    void nothingHangsLeaksOrFailsInAWayOfItsOwn() throws Exception {
        long seed = Long.getLong("traffic.seed", System.nanoTime());
        System.out.println("traffic from -Dtraffic.seed=" + seed);
        long pinned = PooledByteBufAllocator.DEFAULT.pinnedDirectMemory();
        try (var leaks = new Leaks();
                var stage = new Stage();
                var upheaval = Executors.newSingleThreadScheduledExecutor()) {
            var town = new Town(stage, seed);
            var tally = new Tally();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                var visitor = new Visitor(town, tally, new SplittableRandom(seed + i), end);
                clients.add(Thread.ofVirtual().start(visitor));
            }
            var changes = upheaval.scheduleAtFixedRate(town::change, UPHEAVAL_MS, UPHEAVAL_MS, TimeUnit.MILLISECONDS);
            clients.getFirst().join(java.time.Duration.ofSeconds(SECONDS).dividedBy(3));
            long early = Leaks.heapBytes();
            for (Thread client : clients) {
                client.join();
            }
            assertThat(changes.isDone()).as("sandboxes changed to the end").isFalse();
            changes.cancel(false);
            town.endAll();
            long late = Leaks.heapBytes();
            System.out.println(tally + ", " + town + ", heap " + (early >> 20) + " -> " + (late >> 20) + " MiB");

            assertThat(tally.faults()).isEmpty();
            assertThat(tally.kindsThatPassed()).containsExactlyInAnyOrderElementsOf(Visitor.KINDS);
            assertThat(stage.front.inFlight()).isZero();
            assertThat(late - early).as("growth of the heap").isLessThan(HEAP_GROWTH_BYTES_MAX);
            assertThat(leaks.reports()).isEmpty();
        }
        assertThat(PooledByteBufAllocator.DEFAULT.pinnedDirectMemory())
                .as("direct memory in use when all is over")
                .isLessThanOrEqualTo(pinned);
    }
}
