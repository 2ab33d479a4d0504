package ai.lelantos.gateway.sandbox;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Starts since somebody last asked: by team for its rate, by template for its count; and how many went well or not in
/// all.
final class StartCounter {

    private final Map<UUID, Integer> teams = new ConcurrentHashMap<>();
    private final Map<String, Integer> templates = new ConcurrentHashMap<>();

    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    void started(UUID team, String template) {
        successes.increment();
        teams.merge(team, 1, Integer::sum);
        templates.merge(template, 1, Integer::sum);
    }

    void failed() {
        failures.increment();
    }

    long successes() {
        return successes.sum();
    }

    long failures() {
        return failures.sum();
    }

    Map<UUID, Integer> takeTeams() {
        return take(teams);
    }

    Map<String, Integer> takeTemplates() {
        return take(templates);
    }

    private static <K> Map<K, Integer> take(Map<K, Integer> counts) {
        Map<K, Integer> taken = new HashMap<>();
        for (K key : List.copyOf(counts.keySet())) {
            Integer count = counts.remove(key);
            if (count != null) {
                taken.put(key, count);
            }
        }
        return taken;
    }
}
