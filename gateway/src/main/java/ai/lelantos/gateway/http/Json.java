package ai.lelantos.gateway.http;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// JSON in and out. What goes out is built field by field, so that the wire's names stand where they are used.
public final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    static {
        // How a kind is read and written is found once, under a lock; two event loops must not meet there.
        String each = MAPPER.writeValueAsString(
                new LinkedHashMap<>(Map.of("a", List.of("b", 1, 1L, 1.5, true), "c", Map.of("d", List.of()))));
        JsonNode read = MAPPER.readTree(each);
        assert read.isObject();
    }

    private Json() {}

    public static Obj object() {
        return new Obj();
    }

    /// An answer with a JSON body.
    public static Mono<ServerResponse> answer(HttpStatus status, Object body) {
        return answer(ServerResponse.status(status), body);
    }

    /// An answer with a JSON body and headers that were set before.
    public static Mono<ServerResponse> answer(ServerResponse.BodyBuilder builder, Object body) {
        return builder.contentType(MediaType.APPLICATION_JSON).bodyValue(bytes(body));
    }

    /// 204.
    public static Mono<ServerResponse> nothing() {
        return ServerResponse.noContent().build();
    }

    public static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(plain(value));
    }

    public static String text(Object value) {
        return MAPPER.writeValueAsString(plain(value));
    }

    public static JsonNode parse(byte[] bytes) throws JacksonException {
        return MAPPER.readTree(bytes);
    }

    public static JsonNode parse(String text) throws JacksonException {
        return MAPPER.readTree(text);
    }

    /// A JSON object of strings, as stored in a column.
    public static Map<String, String> strings(String text) {
        Map<String, String> map = new LinkedHashMap<>();
        parse(text)
                .properties()
                .forEach(each -> map.put(each.getKey(), each.getValue().asString()));
        return map;
    }

    private static Object plain(Object value) {
        return value instanceof Obj object ? object.fields : value;
    }

    /// A JSON object in the making; keeps the order of its fields.
    public static final class Obj {

        private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();

        private Obj() {}

        /// Writes null as null.
        @CanIgnoreReturnValue
        public Obj put(String name, @Nullable Object value) {
            fields.put(name, value == null ? null : deep(value));
            return this;
        }

        @CanIgnoreReturnValue
        public Obj putIfPresent(String name, @Nullable Object value) {
            return value == null ? this : put(name, value);
        }

        @CanIgnoreReturnValue
        public Obj putAll(Obj other) {
            fields.putAll(other.fields);
            return this;
        }

        /// For Jackson: the fields are the object.
        public Map<String, @Nullable Object> fields() {
            return fields;
        }

        private static Object deep(Object value) {
            return switch (value) {
                case Obj object -> object.fields;
                case Iterable<?> items
                when !(value instanceof JsonNode) -> {
                    java.util.List<Object> list = new java.util.ArrayList<>();
                    items.forEach(each -> list.add(deep(Objects.requireNonNull(each))));
                    yield list;
                }
                case java.time.Instant instant -> instant.toString();
                case java.util.UUID id -> id.toString();
                default -> value;
            };
        }

        static Object of(Object value) {
            return deep(value);
        }
    }

    /// A JSON array of objects.
    public static Object array(Iterable<Obj> items) {
        return Obj.of(items);
    }
}
