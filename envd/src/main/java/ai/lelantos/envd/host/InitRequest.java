package ai.lelantos.envd.host;

import ai.lelantos.envd.http.JsonText;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the host says when it makes an agent a sandbox's own; everything is optional.
///
/// @param accessToken the token from now on; null takes it away
/// @param environment the user's variables from now on; null leaves them
record InitRequest(
        @Nullable String accessToken,
        @Nullable Map<String, String> environment,
        String defaultUser,
        String defaultWorkdir,
        @Nullable Instant timestamp,
        String eventsAddress,
        String caBundle,
        String sandboxId,
        String templateId) {

    /// Reads a body; an empty one asks for nothing. [IllegalArgumentException] says what is wrong.
    static InitRequest parse(byte[] body) {
        JsonObject json = object(body);
        String token = textOrNull(json, "accessToken");
        if (token != null && token.isEmpty()) {
            throw new IllegalArgumentException("accessToken is empty; leave it out to have none");
        }
        JsonElement mounts = json.get("volumeMounts");
        if (mounts != null
                && !(mounts.isJsonNull()
                        || (mounts.isJsonArray() && mounts.getAsJsonArray().isEmpty()))) {
            throw new IllegalArgumentException("volumeMounts: volumes are mounted from outside of the sandbox");
        }
        return new InitRequest(
                token,
                environment(json),
                text(json, "defaultUser"),
                text(json, "defaultWorkdir"),
                timestamp(json),
                address(json),
                text(json, "caBundle"),
                text(json, "sandboxId"),
                text(json, "templateId"));
    }

    private static JsonObject object(byte[] body) {
        if (new String(body, StandardCharsets.UTF_8).isBlank()) {
            return new JsonObject();
        }
        return JsonText.object(body).orElseThrow(() -> new IllegalArgumentException("the body is not a JSON object"));
    }

    private static @Nullable Map<String, String> environment(JsonObject json) {
        JsonElement given = json.get("envVars");
        if (given == null || given.isJsonNull()) {
            return null;
        }
        if (!(given instanceof JsonObject object)) {
            throw new IllegalArgumentException("envVars is not a JSON object");
        }
        var variables = new LinkedHashMap<String, String>();
        for (String name : object.keySet()) {
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("envVars has a name that no variable can have: '" + name + "'");
            }
            String value = text(object, name);
            if (value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("envVars has a NUL in the value of " + name);
            }
            variables.put(name, value);
        }
        return variables;
    }

    /// Our own host tells nanoseconds since 1970 instead: reading the first date of its life costs an agent
    /// milliseconds.
    private static @Nullable Instant timestamp(JsonObject json) {
        JsonElement nanos = json.get("unixNanos");
        if (nanos != null) {
            try {
                return Instant.ofEpochSecond(0, Long.parseLong(nanos.toString()));
            } catch (NumberFormatException _) {
                throw new IllegalArgumentException("unixNanos is no whole number: " + nanos);
            }
        }
        String text = text(json, "timestamp");
        try {
            return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException _) {
            throw new IllegalArgumentException("timestamp is no RFC 3339 time: '" + text + "'");
        }
    }

    private static String address(JsonObject json) {
        String text = text(json, "hyperloopIP");
        if (!text.isEmpty() && !Addresses.isNumeric(text)) {
            throw new IllegalArgumentException("hyperloopIP is no IP address: '" + text + "'");
        }
        return text;
    }

    private static String text(JsonObject json, String name) {
        String text = textOrNull(json, name);
        return text == null ? "" : text;
    }

    private static @Nullable String textOrNull(JsonObject json, String name) {
        JsonElement value = json.get(name);
        if (value == null || value.isJsonNull()) {
            return null;
        }
        if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isString()) {
            return value.getAsString();
        }
        throw new IllegalArgumentException(name + " is not a string");
    }
}
