package ai.lelantos.gateway.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.json.JsonMapper;

/// The description that the gateway serves, as a judge of its answers. It remembers which operations it saw succeed.
public final class Contract {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Map<?, ?> document;
    private final TreeSet<String> judged = new TreeSet<>();

    private Contract(Map<?, ?> document) {
        this.document = document;
    }

    public static Contract read() {
        try (InputStream yaml = Objects.requireNonNull(Contract.class.getResourceAsStream("/openapi.yml"))) {
            Map<?, ?> document = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
            return new Contract(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What is wrong with an answer: an undocumented status, a missing or surplus body, a body that breaks its schema.
    /// A path that is not documented may only answer with an error.
    public List<String> faults(String method, String rawPath, int status, @Nullable String contentType, byte[] body) {
        Map<?, ?> operation = operation(method, rawPath);
        if (operation == null) {
            return status < 400
                    ? List.of(method + " " + rawPath + " answered " + status + " but is not documented")
                    : errorFaults(body);
        }
        if (status < 400) {
            synchronized (judged) {
                judged.add(String.valueOf(operation.get("operationId")));
            }
        }
        Map<?, ?> answer = answer(operation, status);
        if (answer == null) {
            return List.of(operation.get("operationId") + ": status " + status + " is not documented");
        }
        if (!(answer.get("content") instanceof Map<?, ?> content)) {
            return body.length == 0
                    ? List.of()
                    : List.of(operation.get("operationId") + ": " + status + " must have no body");
        }
        return bodyFaults(content, contentType, body);
    }

    /// Operations that are neither marked as not yet built nor seen to succeed so far.
    public List<String> untested() {
        List<String> left = new ArrayList<>();
        operations().forEach((id, operation) -> {
            synchronized (judged) {
                if (!judged.contains(id) && operation.get("x-lelantos") == null) {
                    left.add(id);
                }
            }
        });
        return left;
    }

    /// Every documented operation by its id.
    Map<String, Map<?, ?>> operations() {
        Map<String, Map<?, ?>> all = new LinkedHashMap<>();
        paths().forEach((path, item) -> ((Map<?, ?>) item).forEach((method, operation) -> {
            if (operation instanceof Map<?, ?> described && described.get("operationId") != null) {
                all.put(String.valueOf(described.get("operationId")), described);
            }
        }));
        return all;
    }

    private List<String> bodyFaults(Map<?, ?> content, @Nullable String contentType, byte[] body) {
        String type = contentType == null ? "" : contentType.split(";", 2)[0].strip();
        if (!(content.get(type) instanceof Map<?, ?> media)) {
            return List.of("content type '" + type + "' is none of " + content.keySet());
        }
        if (!type.equals("application/json") || !(media.get("schema") instanceof Map<?, ?> schema)) {
            return List.of();
        }
        return Schema.faults(document, schema, JSON.readValue(body, Object.class));
    }

    private List<String> errorFaults(byte[] body) {
        return Schema.faults(
                document, Schema.resolve(document, "#/components/schemas/Error"), JSON.readValue(body, Object.class));
    }

    private @Nullable Map<?, ?> answer(Map<?, ?> operation, int status) {
        Map<?, ?> answers = (Map<?, ?>) Objects.requireNonNull(operation.get("responses"));
        Object exact = answers.get(String.valueOf(status));
        Object found = exact != null || status < 400 ? exact : answers.get("default");
        if (!(found instanceof Map<?, ?> answer)) {
            return null;
        }
        return answer.get("$ref") instanceof String reference ? Schema.resolve(document, reference) : answer;
    }

    private @Nullable Map<?, ?> operation(String method, String rawPath) {
        String[] segments = rawPath.split("\\?", 2)[0].split("/", -1);
        Map<?, ?> best = null;
        for (Map.Entry<?, ?> path : paths().entrySet()) {
            String template = String.valueOf(path.getKey());
            if (matches(template.split("/", -1), segments)
                    && ((Map<?, ?>) path.getValue()).get(method.toLowerCase(java.util.Locale.ROOT))
                            instanceof Map<?, ?> operation) {
                if (!template.contains("{")) {
                    return operation;
                }
                best = operation;
            }
        }
        return best;
    }

    private static boolean matches(String[] template, String[] segments) {
        if (template.length != segments.length) {
            return false;
        }
        for (int i = 0; i < template.length; i++) {
            if (!template[i].startsWith("{") && !template[i].equals(segments[i])) {
                return false;
            }
        }
        return true;
    }

    private Map<?, ?> paths() {
        return (Map<?, ?>) Objects.requireNonNull(document.get("paths"));
    }
}
