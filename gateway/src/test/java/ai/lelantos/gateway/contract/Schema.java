package ai.lelantos.gateway.contract;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks a JSON value (maps, lists, strings, numbers, booleans, null) against the part of JSON Schema that our
/// description uses; a keyword it does not know fails the check, so that no rule is passed over in silence.
final class Schema {

    private static final Set<String> WORDS_WITHOUT_RULE = Set.of("description", "default", "format");

    private final Map<?, ?> document;
    private final List<String> faults = new ArrayList<>();

    private Schema(Map<?, ?> document) {
        this.document = document;
    }

    /// Every place where the value breaks its schema; empty when it keeps it.
    static List<String> faults(Map<?, ?> document, Map<?, ?> schema, @Nullable Object value) {
        var check = new Schema(document);
        check.check("$", schema, value);
        return List.copyOf(check.faults);
    }

    private void check(String at, Map<?, ?> schema, @Nullable Object value) {
        for (Map.Entry<?, ?> rule : schema.entrySet()) {
            String word = String.valueOf(rule.getKey());
            Object is = rule.getValue();
            switch (word) {
                case "$ref" -> check(at, resolve(document, String.valueOf(is)), value);
                case "allOf" -> parts(is).forEach(part -> check(at, part, value));
                case "anyOf" -> anyOf(at, parts(is), value);
                case "type" -> type(at, is, value);
                case "enum" -> expect(((List<?>) is).contains(value), at, "one of " + is, value);
                case "pattern" ->
                    expect(
                            !(value instanceof String text)
                                    || Pattern.compile(String.valueOf(is))
                                            .matcher(text)
                                            .find(),
                            at,
                            "text like " + is,
                            value);
                case "minLength" ->
                    expect(
                            !(value instanceof String text)
                                    || text.length() >= number(is).intValue(),
                            at,
                            "at least " + is + " characters",
                            value);
                case "maxLength" ->
                    expect(
                            !(value instanceof String text)
                                    || text.length() <= number(is).intValue(),
                            at,
                            "at most " + is + " characters",
                            value);
                case "minimum" ->
                    expect(
                            !(value instanceof Number n) || number(n).compareTo(number(is)) >= 0,
                            at,
                            "at least " + is,
                            value);
                case "maximum" ->
                    expect(
                            !(value instanceof Number n) || number(n).compareTo(number(is)) <= 0,
                            at,
                            "at most " + is,
                            value);
                case "required" -> required(at, (List<?>) is, value);
                case "properties" -> properties(at, (Map<?, ?>) is, value);
                case "additionalProperties" -> additional(at, (Map<?, ?>) is, schema, value);
                case "items" -> items(at, (Map<?, ?>) is, value);
                default -> expect(WORDS_WITHOUT_RULE.contains(word), at, "a keyword this check knows", word);
            }
        }
        if ("date-time".equals(schema.get("format")) && value instanceof String text) {
            expect(isDateTime(text), at, "a date-time in UTC", value);
        }
        if ("uuid".equals(schema.get("format")) && value instanceof String text) {
            expect(isUuid(text), at, "a UUID", value);
        }
    }

    private void anyOf(String at, List<Map<?, ?>> choices, @Nullable Object value) {
        expect(
                choices.stream()
                        .anyMatch(choice -> faults(document, choice, value).isEmpty()),
                at,
                "any of " + choices,
                value);
    }

    private void type(String at, @Nullable Object types, @Nullable Object value) {
        List<?> allowed = types instanceof List<?> many ? many : List.of(String.valueOf(types));
        expect(allowed.stream().anyMatch(type -> isA(String.valueOf(type), value)), at, "type " + allowed, value);
    }

    private static boolean isA(String type, @Nullable Object value) {
        return switch (type) {
            case "null" -> value == null;
            case "object" -> value instanceof Map;
            case "array" -> value instanceof List;
            case "string" -> value instanceof String;
            case "boolean" -> value instanceof Boolean;
            case "number" -> value instanceof Number;
            case "integer" ->
                value instanceof Number n && number(n).stripTrailingZeros().scale() <= 0;
            default -> throw new IllegalArgumentException("type " + type + " is not one of JSON Schema's");
        };
    }

    private void required(String at, List<?> names, @Nullable Object value) {
        if (value instanceof Map<?, ?> object) {
            names.forEach(name -> expect(object.containsKey(name), at, "a property " + name, object.keySet()));
        }
    }

    private void properties(String at, Map<?, ?> schemas, @Nullable Object value) {
        if (value instanceof Map<?, ?> object) {
            schemas.forEach((name, schema) -> {
                if (object.containsKey(name)) {
                    check(at + "." + name, (Map<?, ?>) schema, object.get(name));
                }
            });
        }
    }

    private void additional(String at, Map<?, ?> schema, Map<?, ?> parent, @Nullable Object value) {
        if (value instanceof Map<?, ?> object) {
            Set<Object> named =
                    new HashSet<>(parent.get("properties") instanceof Map<?, ?> known ? known.keySet() : Set.of());
            object.forEach((name, member) -> {
                if (!named.contains(name)) {
                    check(at + "." + name, schema, member);
                }
            });
        }
    }

    private void items(String at, Map<?, ?> schema, @Nullable Object value) {
        if (value instanceof List<?> array) {
            for (int i = 0; i < array.size(); i++) {
                check(at + "[" + i + "]", schema, array.get(i));
            }
        }
    }

    private void expect(boolean held, String at, String promised, @Nullable Object seen) {
        if (!held) {
            faults.add(at + ": promised " + promised + ", got " + seen);
        }
    }

    /// Follows `#/a/b/c` inside the document.
    static Map<?, ?> resolve(Map<?, ?> document, String reference) {
        Map<?, ?> here = document;
        for (String step : reference.substring("#/".length()).split("/", -1)) {
            if (!(here.get(step) instanceof Map<?, ?> next)) {
                throw new IllegalArgumentException("nothing at " + reference);
            }
            here = next;
        }
        return here;
    }

    private static List<Map<?, ?>> parts(@Nullable Object list) {
        List<Map<?, ?>> parts = new ArrayList<>();
        for (Object part : (List<?>) java.util.Objects.requireNonNull(list)) {
            parts.add((Map<?, ?>) part);
        }
        return parts;
    }

    private static BigDecimal number(@Nullable Object value) {
        return new BigDecimal(String.valueOf(value));
    }

    private static boolean isDateTime(String text) {
        try {
            return OffsetDateTime.parse(text).getOffset().getTotalSeconds() == 0;
        } catch (DateTimeException _) {
            return false;
        }
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
