package ai.lelantos.protocol.connect;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// A failed call as it crosses the wire: code, message, details.
public record ConnectError(Code code, String message, List<ErrorDetail> details) {

    public ConnectError {
        details = List.copyOf(details);
    }

    public static ConnectError of(Code code, String message) {
        return new ConnectError(code, message, List.of());
    }

    /// The same error as something to throw.
    public ConnectFailure toFailure() {
        return new ConnectFailure(this);
    }

    /// The error object of the specification; an empty message is left out, as are absent details.
    public String toJson() {
        return Json.text(toTree());
    }

    /// Reads an error object. What is absent or of the wrong type is taken from the fallback: peers are not trusted.
    public static ConnectError parse(String json, ConnectError fallback) {
        return Json.object(json).map(tree -> ofTree(tree, fallback)).orElse(fallback);
    }

    JsonObject toTree() {
        var tree = new JsonObject();
        tree.addProperty("code", code.wireName());
        if (!message.isEmpty()) {
            tree.addProperty("message", message);
        }
        if (!details.isEmpty()) {
            var list = new JsonArray();
            for (ErrorDetail detail : details) {
                var entry = new JsonObject();
                entry.addProperty("type", detail.type());
                entry.addProperty(
                        "value",
                        Base64.getEncoder()
                                .withoutPadding()
                                .encodeToString(detail.value().toByteArray()));
                list.add(entry);
            }
            tree.add("details", list);
        }
        return tree;
    }

    static ConnectError ofTree(JsonObject tree, ConnectError fallback) {
        Optional<String> named = Json.string(tree, "code");
        // An object without any code is not an error of this protocol; with an odd one it is, of the code the status
        // implies.
        Code code = named.flatMap(Code::ofWireName).orElse(fallback.code());
        String message = Json.string(tree, "message").orElse(named.isPresent() ? "" : fallback.message());
        var details = new ArrayList<ErrorDetail>();
        if (tree.get("details") instanceof JsonArray list) {
            for (JsonElement entry : list) {
                detail(entry).ifPresent(details::add);
            }
        }
        return new ConnectError(code, message, details);
    }

    private static Optional<ErrorDetail> detail(JsonElement entry) {
        if (!(entry instanceof JsonObject object)) {
            return Optional.empty();
        }
        Optional<byte[]> value = Json.string(object, "value").flatMap(Json::base64);
        return Json.string(object, "type")
                .flatMap(type -> value.map(bytes -> new ErrorDetail(type, ByteString.copyFrom(bytes))));
    }
}
