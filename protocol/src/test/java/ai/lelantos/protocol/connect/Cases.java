package ai.lelantos.protocol.connect;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// Many random cases, each from its own seed; a failure names the seed that brings it back.
final class Cases {

    private Cases() {}

    /// Runs `count` cases, or for as long as `-Dcases.seconds` says.
    static void forAll(int count, Consumer<RandomGenerator> check) {
        long first = Long.getLong("cases.seed", System.nanoTime());
        long until = System.nanoTime() + Long.getLong("cases.seconds", 0) * 1_000_000_000;
        for (long seed = first; seed < first + count || System.nanoTime() < until; seed++) {
            try {
                check.accept(new SplittableRandom(seed));
            } catch (RuntimeException | Error failure) {
                throw new AssertionError("rerun with -Dcases.seed=" + seed, failure);
            }
        }
    }
}
