package ai.lelantos.protocol.connect;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import java.util.Base64;
import java.util.Optional;

/// The little JSON that errors and ends of streams need, read without trust.
final class Json {

    private static final Gson GSON = new GsonBuilder()
            .disableHtmlEscaping()
            .setStrictness(Strictness.STRICT)
            .create();

    private Json() {}

    static String text(JsonElement tree) {
        return GSON.toJson(tree);
    }

    /// The object a text holds; empty if it holds anything else.
    static Optional<JsonObject> object(String text) {
        try {
            JsonElement tree = GSON.fromJson(text, JsonElement.class);
            return tree instanceof JsonObject object ? Optional.of(object) : Optional.empty();
        } catch (JsonParseException | StackOverflowError _) {
            return Optional.empty();
        }
    }

    static Optional<String> string(JsonObject object, String name) {
        return object.get(name) instanceof JsonPrimitive value && value.isString()
                ? Optional.of(value.getAsString())
                : Optional.empty();
    }

    /// Either alphabet, padded or not; empty for text that is no base64.
    static Optional<byte[]> base64(String text) {
        var plain = text.replace('-', '+').replace('_', '/');
        try {
            return Optional.of(Base64.getDecoder().decode(plain));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
