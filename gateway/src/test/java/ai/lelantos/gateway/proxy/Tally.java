package ai.lelantos.gateway.proxy;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/// How exchanges ended, by kind.
final class Tally {

    private static final int FAULTS_MAX = 20; // kept; the rest is only counted

    private final Map<String, LongAdder> ends = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();

    void whole(String kind) {
        count(kind + " whole");
    }

    void refused(String kind) {
        count(kind + " refused");
    }

    void cut(String kind) {
        count(kind + " cut");
    }

    void fault(String kind, String what) {
        count(kind + " fault");
        if (faults.size() < FAULTS_MAX) {
            faults.add(kind + ": " + what.substring(0, Math.min(what.length(), 300)));
        }
    }

    private void count(String what) {
        ends.computeIfAbsent(what, _ -> new LongAdder()).increment();
    }

    Collection<String> faults() {
        return List.copyOf(faults);
    }

    List<String> kindsThatPassed() {
        return ends.keySet().stream()
                .filter(what -> what.endsWith(" whole"))
                .map(what -> what.substring(0, what.indexOf(' ')))
                .toList();
    }

    @Override
    public String toString() {
        return new TreeMap<>(ends).toString();
    }
}
