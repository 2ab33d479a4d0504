package ai.lelantos.gateway.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeType;

/// A JSON object that came in. Unknown properties are ignored, null is absent, a wrong type is refused by name.
public final class Body {

    /// Whole bodies only exist for JSON; everything else streams.
    public static final int BODY_BYTES_MAX = 16 << 20;

    private static final int ENTRIES_MAX = 4_096;

    private final JsonNode node;
    private final String lead;

    private Body(JsonNode node, String lead) {
        this.node = node;
        this.lead = lead;
    }

    /// The body of a request, which must be there.
    public static Mono<Body> required(ServerRequest request) {
        return bytes(request).map(bytes -> {
            if (bytes.length == 0) {
                throw new Problem(
                                400,
                                "validation error: Error when parsing request: the body is empty (expected: a JSON object)")
                        .toException();
            }
            return of(bytes);
        });
    }

    /// The body of a request, an empty object when there is none.
    public static Mono<Body> optional(ServerRequest request) {
        return bytes(request).map(bytes -> bytes.length == 0 ? of(new byte[] {'{', '}'}) : of(bytes));
    }

    /// The raw bytes, bounded.
    public static Mono<byte[]> bytes(ServerRequest request) {
        return DataBufferUtils.join(request.body(BodyExtractors.toDataBuffers()), BODY_BYTES_MAX)
                .map(buffer -> {
                    byte[] bytes = new byte[buffer.readableByteCount()];
                    buffer.read(bytes);
                    DataBufferUtils.release(buffer);
                    return bytes;
                })
                .defaultIfEmpty(new byte[0]);
    }

    /// Parses one.
    public static Body of(byte[] bytes) {
        try {
            JsonNode node = Json.parse(bytes);
            if (!node.isObject()) {
                throw Problem.validation(
                                "Error when parsing request: the body is " + kind(node) + " (expected: an object)")
                        .toException();
            }
            return new Body(node, "");
        } catch (JacksonException e) {
            throw Problem.validation("Error when parsing request: " + e.getOriginalMessage())
                    .toException();
        }
    }

    public String string(String name) {
        return optionalString(name).orElseThrow(() -> missing(name));
    }

    public Optional<String> optionalString(String name) {
        return optional(name, JsonNodeType.STRING, "a string").map(JsonNode::asString);
    }

    public Optional<Boolean> bool(String name) {
        return optional(name, JsonNodeType.BOOLEAN, "true or false").map(JsonNode::asBoolean);
    }

    /// A whole number within both bounds.
    public Optional<Integer> integer(String name, int min, int max) {
        Optional<JsonNode> found = present(name);
        found.ifPresent(each -> {
            if (!each.isIntegralNumber()) {
                throw wrong(name, each, "a whole number");
            }
            if (!each.canConvertToInt() || each.asInt() < min || each.asInt() > max) {
                throw Problem.validation("property \"" + lead + name + "\" is " + each + " (expected: " + min + " to "
                                + max + ")")
                        .toException();
            }
        });
        return found.map(JsonNode::asInt);
    }

    public Optional<Double> number(String name, double min, double max) {
        Optional<JsonNode> found = optional(name, JsonNodeType.NUMBER, "a number");
        found.ifPresent(each -> {
            if (each.asDouble() < min || each.asDouble() > max) {
                throw Problem.validation("property \"" + lead + name + "\" is " + each + " (expected: " + min + " to "
                                + max + ")")
                        .toException();
            }
        });
        return found.map(JsonNode::asDouble);
    }

    public Optional<Body> object(String name) {
        return optional(name, JsonNodeType.OBJECT, "an object").map(each -> new Body(each, lead + name + "."));
    }

    public Optional<List<String>> strings(String name) {
        return optional(name, JsonNodeType.ARRAY, "an array of strings").map(array -> {
            bounded(name, array);
            List<String> items = new ArrayList<>();
            array.values().forEach(each -> {
                if (!each.isString()) {
                    throw wrong(name + "[]", each, "a string");
                }
                items.add(each.asString());
            });
            return items;
        });
    }

    public Optional<List<Integer>> integers(String name) {
        return optional(name, JsonNodeType.ARRAY, "an array of whole numbers").map(array -> {
            bounded(name, array);
            List<Integer> items = new ArrayList<>();
            array.values().forEach(each -> {
                if (!each.isIntegralNumber() || !each.canConvertToInt()) {
                    throw wrong(name + "[]", each, "a whole number");
                }
                items.add(each.asInt());
            });
            return items;
        });
    }

    public Optional<List<Body>> objects(String name) {
        return optional(name, JsonNodeType.ARRAY, "an array of objects").map(array -> {
            bounded(name, array);
            List<Body> items = new ArrayList<>();
            array.values().forEach(each -> {
                if (!each.isObject()) {
                    throw wrong(name + "[]", each, "an object");
                }
                items.add(new Body(each, lead + name + "[]."));
            });
            return items;
        });
    }

    /// A map of strings to strings.
    public Optional<Map<String, String>> map(String name) {
        return optional(name, JsonNodeType.OBJECT, "an object of strings").map(object -> {
            bounded(name, object);
            Map<String, String> items = new LinkedHashMap<>();
            object.properties().forEach(each -> {
                if (!each.getValue().isString()) {
                    throw wrong(name + "." + each.getKey(), each.getValue(), "a string");
                }
                items.put(each.getKey(), each.getValue().asString());
            });
            return items;
        });
    }

    public boolean has(String name) {
        return present(name).isPresent();
    }

    /// Names of all properties that are not null.
    public List<String> names() {
        return node.properties().stream()
                .filter(each -> !each.getValue().isNull())
                .map(Map.Entry::getKey)
                .toList();
    }

    /// The property as it came, for what is stored as it came.
    public Optional<JsonNode> raw(String name) {
        return present(name);
    }

    public JsonNode node() {
        return node;
    }

    private Optional<JsonNode> optional(String name, JsonNodeType type, String expected) {
        Optional<JsonNode> found = present(name);
        found.ifPresent(each -> {
            if (each.getNodeType() != type) {
                throw wrong(name, each, expected);
            }
        });
        return found;
    }

    private Optional<JsonNode> present(String name) {
        @Nullable JsonNode found = node.get(name);
        return found == null || found.isNull() ? Optional.empty() : Optional.of(found);
    }

    private void bounded(String name, JsonNode many) {
        if (many.size() > ENTRIES_MAX) {
            throw Problem.validation("property \"" + lead + name + "\" has " + many.size() + " entries (at most "
                            + ENTRIES_MAX + ")")
                    .toException();
        }
    }

    private ProblemException missing(String name) {
        return Problem.validation("property \"" + lead + name + "\" is missing").toException();
    }

    private ProblemException wrong(String name, JsonNode node, String expected) {
        return Problem.validation("property \"" + lead + name + "\" is " + kind(node) + " (expected: " + expected + ")")
                .toException();
    }

    private static String kind(JsonNode node) {
        return switch (node.getNodeType()) {
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            case ARRAY -> "an array";
            case OBJECT, POJO -> "an object";
            case NULL -> "null";
            case MISSING -> "missing";
            case BINARY -> "binary";
        };
    }
}
