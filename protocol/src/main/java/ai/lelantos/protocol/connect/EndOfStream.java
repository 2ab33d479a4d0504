package ai.lelantos.protocol.connect;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The last message of every Connect stream: how it ended, and its trailers.
public record EndOfStream(@Nullable ConnectError error, Map<String, List<String>> metadata) {

    public static final EndOfStream SUCCESS = new EndOfStream(null, Map.of());

    public Envelope toEnvelope() {
        return new Envelope(Envelope.END_STREAM, ByteString.copyFromUtf8(toJson()));
    }

    public String toJson() {
        var tree = new JsonObject();
        if (error != null) {
            tree.add("error", error.toTree());
        }
        if (!metadata.isEmpty()) {
            var trailers = new JsonObject();
            metadata.forEach((name, values) -> {
                var list = new JsonArray();
                values.forEach(list::add);
                trailers.add(name, list);
            });
            tree.add("metadata", trailers);
        }
        return Json.text(tree);
    }

    /// Reads what a peer sent; a payload that is no such object is itself an error of the peer.
    public static EndOfStream parse(ByteString payload) {
        JsonObject tree = Json.object(payload.toStringUtf8())
                .orElseThrow(() -> ConnectError.of(Code.UNKNOWN, "invalid end of stream: expected a JSON object")
                        .toFailure());
        ConnectError error = null;
        if (tree.get("error") instanceof JsonObject object) {
            error = ConnectError.ofTree(object, ConnectError.of(Code.UNKNOWN, ""));
        } else if (tree.get("error") != null && !tree.get("error").isJsonNull()) {
            throw ConnectError.of(Code.UNKNOWN, "invalid end of stream: error is not an object")
                    .toFailure();
        }
        return new EndOfStream(error, metadata(tree.get("metadata")));
    }

    private static Map<String, List<String>> metadata(@Nullable JsonElement element) {
        if (!(element instanceof JsonObject object)) {
            return Map.of();
        }
        var metadata = new LinkedHashMap<String, List<String>>();
        object.asMap().forEach((name, values) -> {
            var list = new ArrayList<String>();
            if (values instanceof JsonArray array) {
                array.forEach(value -> {
                    if (value.isJsonPrimitive()) {
                        list.add(value.getAsString());
                    }
                });
            }
            metadata.put(name, list);
        });
        return metadata;
    }
}
