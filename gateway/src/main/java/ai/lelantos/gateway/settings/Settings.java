package ai.lelantos.gateway.settings;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// Every setting of every room: the environment over `lelantos.yaml` over the defaults. A name nobody knows is refused.
public final class Settings {

    private static final String LEAD = "LELANTOS_";
    private static final int YAML_BYTES_MAX = 1 << 20;
    private static final Pattern DURATION = Pattern.compile("([0-9]+)(ms|s|m|h|d)");

    private final Map<Class<? extends Record>, Record> rooms = new LinkedHashMap<>();
    private final Map<String, String> shown = new LinkedHashMap<>();

    private Settings() {}

    /// Reads and checks them all.
    ///
    /// @param foreign variables with our lead that belong to the door, not to the gateway
    public static Settings read(
            Map<String, String> environment, Path yaml, List<Class<? extends Record>> records, List<String> foreign) {
        Map<String, Known> known = new LinkedHashMap<>();
        for (Class<? extends Record> each : records) {
            for (RecordComponent component : each.getRecordComponents()) {
                Known setting = Known.of(each, component);
                if (known.put(setting.key(), setting) != null) {
                    throw new IllegalStateException("two rooms claim " + setting.variable);
                }
            }
        }
        Map<String, Given> given = new TreeMap<>();
        file(yaml).forEach((key, value) -> claim(known, given, List.of(), key, yaml + ": " + key, value));
        environment.forEach((name, value) -> {
            if (name.startsWith(LEAD)) {
                claim(known, given, foreign, name.substring(LEAD.length()), name, value);
            }
        });
        Settings settings = new Settings();
        records.forEach(each -> settings.rooms.put(each, settings.make(each, given)));
        return settings;
    }

    /// One room's record.
    public <R extends Record> R room(Class<R> type) {
        return Objects.requireNonNull(type.cast(rooms.get(type)), () -> "no room reads " + type.getSimpleName());
    }

    /// The effective settings, one `NAME=value` per line, secrets masked.
    public String print() {
        StringBuilder lines = new StringBuilder();
        shown.forEach(
                (name, value) -> lines.append(name).append('=').append(value).append('\n'));
        return lines.toString();
    }

    private static void claim(
            Map<String, Known> known,
            Map<String, Given> given,
            List<String> foreign,
            String key,
            String source,
            String value) {
        String plain = plain(key);
        if (known.containsKey(plain)) {
            given.put(plain, new Given(source, value));
        } else if (!foreign.contains(source)) {
            String nearest = known.values().stream()
                    .map(Known::variable)
                    .min(Comparator.comparingInt(each -> distance(plain(each.substring(LEAD.length())), plain)))
                    .orElse("");
            throw new StartRefused("The setting %s is unknown: did you mean %s?".formatted(source, nearest));
        }
    }

    private static Map<String, String> file(Path yaml) {
        Map<String, String> flat = new LinkedHashMap<>();
        if (!Files.exists(yaml)) {
            return flat;
        }
        try {
            if (Files.size(yaml) > YAML_BYTES_MAX) {
                throw new StartRefused("%s is larger than 1 MiB: it holds settings only.".formatted(yaml));
            }
            Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(yaml));
            if (tree != null && !(tree instanceof Map)) {
                throw new StartRefused(
                        "%s is not a map of settings: write lines such as \"port: 3000\".".formatted(yaml));
            }
            flatten("", tree, flat);
            return flat;
        } catch (IOException | YAMLException e) {
            String reason = Objects.requireNonNullElse(e.getMessage(), "unreadable")
                    .lines()
                    .findFirst()
                    .orElse("");
            throw new StartRefused("%s cannot be read (%s): mend it or remove it.".formatted(yaml, reason));
        }
    }

    private static void flatten(String lead, @Nullable Object value, Map<String, String> flat) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, inner) -> flatten(lead.isEmpty() ? String.valueOf(key) : lead + "." + key, inner, flat));
        } else if (value instanceof List<?> list) {
            flat.put(lead, String.join(",", list.stream().map(String::valueOf).toList()));
        } else if (value != null) {
            flat.put(lead, String.valueOf(value));
        }
    }

    private Record make(Class<? extends Record> type, Map<String, Given> given) {
        List<@Nullable Object> values = new ArrayList<>();
        RecordComponent[] components = type.getRecordComponents();
        for (RecordComponent component : components) {
            Known setting = Known.of(type, component);
            Given source = given.getOrDefault(setting.key(), new Given("default", setting.usual));
            Object value = parse(setting, component.getType(), source);
            values.add(value);
            shown.put(
                    setting.variable,
                    setting.secret && value != null ? "********" : String.valueOf(value == null ? "" : value));
        }
        try {
            var constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return constructor.newInstance(values.toArray());
        } catch (InvocationTargetException e) {
            throw new StartRefused(
                    Objects.requireNonNullElse(e.getCause(), e).getMessage() + ": correct that setting.");
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("settings record " + type, e);
        }
    }

    private static @Nullable Object parse(Known setting, Class<?> type, Given given) {
        String text = given.value.strip();
        if (text.isEmpty() && !type.isPrimitive()) {
            return type == List.class ? List.of() : null;
        }
        try {
            if (type == String.class) {
                return text;
            } else if (type == Path.class) {
                return Path.of(text);
            } else if (type == List.class) {
                return Arrays.stream(text.split(",", -1))
                        .map(String::strip)
                        .filter(each -> !each.isEmpty())
                        .toList();
            } else if (type == int.class) {
                return Integer.parseInt(text);
            } else if (type == long.class) {
                return Long.parseLong(text);
            } else if (type == double.class) {
                return Double.parseDouble(text);
            } else if (type == boolean.class) {
                return truth(text);
            } else if (type == Duration.class) {
                return duration(text);
            } else if (type.isEnum()) {
                return Arrays.stream(type.getEnumConstants())
                        .filter(each -> plain(each.toString()).equals(plain(text)))
                        .findFirst()
                        .orElseThrow(() ->
                                new IllegalArgumentException("one of " + Arrays.toString(type.getEnumConstants())));
            }
        } catch (NumberFormatException e) {
            throw wrong(setting, given, "a number");
        } catch (IllegalArgumentException e) {
            throw wrong(setting, given, String.valueOf(e.getMessage()));
        }
        throw new IllegalStateException(setting.variable + " has no way to be read as " + type);
    }

    private static StartRefused wrong(Known setting, Given given, String expected) {
        String value = setting.secret ? "********" : given.value;
        return new StartRefused(
                "The setting %s is '%s' (expected: %s): correct it.".formatted(setting.variable, value, expected));
    }

    private static boolean truth(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "on", "yes", "1" -> true;
            case "false", "off", "no", "0" -> false;
            default -> throw new IllegalArgumentException("true or false");
        };
    }

    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("a duration such as 300ms, 5s, 10m or 24h");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }

    /// Names are the same whatever their case, dots, dashes and underscores.
    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /// Levenshtein's.
    static int distance(String a, String b) {
        int[] last = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int swap = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(swap, Math.min(last[j], row[j - 1]) + 1);
            }
            last = row;
        }
        return last[b.length()];
    }

    private record Given(String source, String value) {}

    private record Known(String variable, String usual, boolean secret) {

        String key() {
            return plain(variable.substring(LEAD.length()));
        }

        static Known of(Class<? extends Record> type, RecordComponent component) {
            Setting setting = Objects.requireNonNull(
                    component.getAnnotation(Setting.class), () -> type + "." + component.getName() + " lacks @Setting");
            Setting.Prefix prefix = type.getAnnotation(Setting.Prefix.class);
            String snake =
                    component.getName().replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
            String lead = prefix == null ? LEAD : LEAD + prefix.value().toUpperCase(Locale.ROOT) + "_";
            return new Known(lead + snake, setting.value(), setting.secret());
        }
    }
}
