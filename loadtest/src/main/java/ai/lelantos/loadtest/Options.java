package ai.lelantos.loadtest;

import ai.lelantos.loadtest.scenario.Scenario;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a run was asked for.
///
/// @param only names of scenarios, empty for all
/// @param pid the gateway's process, 0 when unknown
/// @param home the server's home, null when it is not on this machine
record Options(
        String url,
        String key,
        Set<String> only,
        boolean quick,
        boolean promises,
        @Nullable Path document,
        long pid,
        @Nullable Path home,
        Path json,
        Path html) {

    static Options parse(String[] args, Map<String, String> environment) {
        var left = new ArrayDeque<>(Arrays.asList(args));
        String url = environment.get("E2B_API_URL");
        String key = environment.get("E2B_API_KEY");
        Set<String> only = new TreeSet<>();
        boolean quick = false;
        boolean promises = false;
        Path document = null;
        long pid = 0;
        Path home = null;
        Path json = Path.of("bench.json");
        Path html = Path.of("bench.html");
        while (!left.isEmpty()) {
            String word = left.pop();
            switch (word) {
                case "--quick" -> quick = true;
                case "--promises" -> promises = true;
                case "--url" -> url = value(word, left);
                case "--key" -> key = value(word, left);
                case "--only" -> only.addAll(known(List.of(value(word, left).split(",", -1))));
                case "--document" -> document = Path.of(value(word, left));
                case "--pid" -> pid = pid(value(word, left));
                case "--home" -> home = Path.of(value(word, left));
                case "--json" -> json = Path.of(value(word, left));
                case "--html" -> html = Path.of(value(word, left));
                default -> throw new IllegalArgumentException("'" + word + "' is no option of bench");
            }
        }
        if (url == null || key == null) {
            throw new IllegalArgumentException(
                    "no server: give --url and --key, or E2B_API_URL and E2B_API_KEY (./lelantos env prints them)");
        }
        return new Options(url, key, only, quick, promises, document, pid, home, json, html);
    }

    private static long pid(String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException("--pid takes a process id, not '" + text + "'");
        }
        return Long.parseLong(text);
    }

    private static List<String> known(List<String> names) {
        Set<String> all = Scenario.all().stream().map(Scenario::name).collect(Collectors.toCollection(TreeSet::new));
        for (String name : names) {
            if (!all.contains(name)) {
                throw new IllegalArgumentException(
                        "no scenario '" + name + "' (there are " + String.join(", ", all) + ")");
            }
        }
        return names;
    }

    private static String value(String word, ArrayDeque<String> left) {
        if (left.isEmpty()) {
            throw new IllegalArgumentException(word + " takes a value");
        }
        return left.pop();
    }
}
