package ai.lelantos.envd.http;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// JSON as callers send it, read without trust.
public final class JsonText {

    private static final TypeAdapter<JsonElement> TREE = new Gson().getAdapter(JsonElement.class);

    private JsonText() {}

    /// The one object that the bytes hold in UTF-8; nothing if they hold anything else.
    public static Optional<JsonObject> object(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            var reader = new JsonReader(new StringReader(text));
            reader.setStrictness(Strictness.STRICT);
            JsonElement tree = TREE.read(reader);
            return tree instanceof JsonObject object && reader.peek() == JsonToken.END_DOCUMENT
                    ? Optional.of(object)
                    : Optional.empty();
        } catch (IOException | JsonParseException | IllegalStateException _) {
            return Optional.empty();
        }
    }
}
