package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Deals out place numbers; the longest unused first, so that the kernel is long done with what had the number before.
final class Places {

    private final ConcurrentLinkedQueue<Integer> free = new ConcurrentLinkedQueue<>();
    private final int count;

    Places(int count) {
        this.count = count;
        for (int number = 1; number <= count; number++) {
            free.add(number);
        }
    }

    int take() {
        Integer number = free.poll();
        if (number == null) {
            throw new RuntimeRefused(Reason.FULL, "all " + count + " places for machines are taken");
        }
        return number;
    }

    /// Takes this very number, which an adopted machine has already.
    void take(int number) {
        if (!free.remove(number)) {
            throw new IllegalStateException("place " + number + " is taken twice");
        }
    }

    void give(int number) {
        free.add(number);
    }
}
