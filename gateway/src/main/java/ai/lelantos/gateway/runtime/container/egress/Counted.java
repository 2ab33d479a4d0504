package ai.lelantos.gateway.runtime.container.egress;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How much each machine has of something, with a limit for each and one for all.
final class Counted {

    private final int eachMax;
    private final int allMax;
    private final Map<InetAddress, Integer> counts = new ConcurrentHashMap<>();
    private int all;

    Counted(int eachMax, int allMax) {
        this.eachMax = eachMax;
        this.allMax = allMax;
    }

    /// One more; false, and nothing counted, when that is too many.
    synchronized boolean take(InetAddress machine) {
        int mine = counts.getOrDefault(machine, 0);
        if (mine >= eachMax || all >= allMax) {
            return false;
        }
        counts.put(machine, mine + 1);
        all++;
        return true;
    }

    synchronized void give(InetAddress machine) {
        counts.computeIfPresent(machine, (who, count) -> count == 1 ? null : count - 1);
        all--;
    }
}
