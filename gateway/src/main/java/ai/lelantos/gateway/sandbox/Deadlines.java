package ai.lelantos.gateway.sandbox;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

/// When each running sandbox of this node ends, soonest first. A read model of `end_at`; whoever acts on it looks at
/// the row again.
final class Deadlines {

    private final ConcurrentSkipListSet<Deadline> sorted =
            new ConcurrentSkipListSet<>(Comparator.comparing(Deadline::at).thenComparing(Deadline::id));
    private final Map<String, Deadline> byId = new ConcurrentHashMap<>();

    void put(String id, Instant at) {
        byId.compute(id, (key, old) -> {
            if (old != null) {
                sorted.remove(old);
            }
            Deadline fresh = new Deadline(at, id);
            sorted.add(fresh);
            return fresh;
        });
    }

    void remove(String id) {
        byId.computeIfPresent(id, (key, old) -> {
            sorted.remove(old);
            return null;
        });
    }

    /// Takes out what is due.
    List<String> due(Instant now, int most) {
        List<String> due = new ArrayList<>();
        for (Deadline each : sorted) {
            if (each.at.isAfter(now) || due.size() == most) {
                break;
            }
            due.add(each.id);
        }
        due.forEach(this::remove);
        return due;
    }

    int size() {
        return byId.size();
    }

    private record Deadline(Instant at, String id) {}
}
