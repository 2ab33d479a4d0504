package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Which protocol a content type asks for; parameters such as a charset don't matter.
final class ContentType {

    private static final String GRPC = "application/grpc, application/grpc+json, application/grpc+proto, "
            + "application/grpc-web, application/grpc-web+json, application/grpc-web+proto";

    static final String ACCEPT_UNARY = GRPC + ", application/json, application/proto";
    static final String ACCEPT_STREAM = GRPC + ", application/connect+json, application/connect+proto";

    private ContentType() {}

    /// The protocol to serve a method by, or null for a type this kind of method has no protocol for.
    static @Nullable Protocol protocol(@Nullable String contentType, boolean unary, Codec json) {
        return switch (bare(contentType)) {
            case "application/proto" -> unary ? new ConnectUnary(Codec.PROTO) : null;
            case "application/json" -> unary ? new ConnectUnary(json) : null;
            case "application/connect+proto" -> unary ? null : new ConnectStream(Codec.PROTO);
            case "application/connect+json" -> unary ? null : new ConnectStream(json);
            case "application/grpc" -> new Grpc(Codec.PROTO, false, "application/grpc");
            case "application/grpc+proto" -> new Grpc(Codec.PROTO, false, "application/grpc+proto");
            case "application/grpc+json" -> new Grpc(json, false, "application/grpc+json");
            case "application/grpc-web" -> new Grpc(Codec.PROTO, true, "application/grpc-web");
            case "application/grpc-web+proto" -> new Grpc(Codec.PROTO, true, "application/grpc-web+proto");
            case "application/grpc-web+json" -> new Grpc(json, true, "application/grpc-web+json");
            default -> null;
        };
    }

    /// The protocol that an error should be written in where no method is known: unary unless the type says stream.
    static Protocol forErrors(@Nullable String contentType) {
        Protocol asUnary = protocol(contentType, true, Codec.JSON);
        if (asUnary != null) {
            return asUnary;
        }
        Protocol asStream = protocol(contentType, false, Codec.JSON);
        return asStream != null ? asStream : new ConnectUnary(Codec.JSON);
    }

    private static String bare(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int parameters = contentType.indexOf(';');
        String type = parameters < 0 ? contentType : contentType.substring(0, parameters);
        return type.strip().toLowerCase(Locale.ROOT);
    }
}
