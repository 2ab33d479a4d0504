package ai.lelantos.protocol.connect;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Messages to bytes and back.
public sealed interface Codec {

    Codec PROTO = new Proto();
    Json JSON = new Json(TypeRegistry.getEmptyTypeRegistry());

    /// As it ends a content type: `proto`, `json`.
    String name();

    ByteString encode(Message message);

    /// Reads a message of the prototype's type; bytes that hold none are `invalid_argument`.
    <M extends Message> M decode(ByteString bytes, M prototype);

    /// The binary encoding.
    record Proto() implements Codec {
        @Override
        public String name() {
            return "proto";
        }

        @Override
        public ByteString encode(Message message) {
            return message.toByteString();
        }

        @Override
        @SuppressWarnings("unchecked") // a message's parser reads messages of its own type
        public <M extends Message> M decode(ByteString bytes, M prototype) {
            try {
                return (M) prototype.getParserForType().parseFrom(bytes);
            } catch (InvalidProtocolBufferException e) {
                throw malformed(e.getMessage());
            }
        }
    }

    /// ProtoJSON: unknown fields are ignored, because old and new clients meet; a member of a oneof that is present
    /// but empty stays present, in both directions.
    ///
    /// @param types the messages that may stand inside an `Any`
    record Json(TypeRegistry types) implements Codec {
        @Override
        public String name() {
            return "json";
        }

        @Override
        public ByteString encode(Message message) {
            try {
                return ByteString.copyFromUtf8(JsonFormat.printer()
                        .omittingInsignificantWhitespace()
                        .usingTypeRegistry(types)
                        .print(message));
            } catch (InvalidProtocolBufferException e) {
                // Only an Any of a type outside the registry: our own fault.
                throw ConnectError.of(Code.INTERNAL, "marshal message: " + e.getMessage())
                        .toFailure();
            }
        }

        @Override
        @SuppressWarnings("unchecked") // a builder builds messages of the type it came from
        public <M extends Message> M decode(ByteString bytes, M prototype) {
            var builder = prototype.newBuilderForType();
            try {
                String text = utf8(bytes);
                if (text.isBlank()) {
                    throw malformed("zero-length payload is not a valid JSON object");
                }
                JsonText.check(text);
                JsonFormat.parser()
                        .ignoringUnknownFields()
                        .usingTypeRegistry(types)
                        .merge(text, builder);
            } catch (InvalidProtocolBufferException | JsonText.Malformed e) {
                throw malformed(e.getMessage());
            } catch (CharacterCodingException _) {
                throw malformed("invalid UTF-8");
            }
            return (M) builder.build();
        }

        private static String utf8(ByteString bytes) throws CharacterCodingException {
            ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
            return StandardCharsets.UTF_8.newDecoder().decode(buffer).toString();
        }
    }

    private static ConnectFailure malformed(@org.jspecify.annotations.Nullable String why) {
        return ConnectError.of(Code.INVALID_ARGUMENT, "unmarshal message: " + why)
                .toFailure();
    }
}
