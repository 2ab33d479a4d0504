package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectFailure;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.netty.ByteBufFlux;

/// Bytes of a body, in and out of Netty's hands; what we hold is ours, copied, and needs no release.
final class Bodies {

    private Bodies() {}

    static Flux<ByteString> in(ByteBufFlux body) {
        return body.asByteArray().map(UnsafeByteOperations::unsafeWrap);
    }

    static ByteBuf out(ByteString bytes) {
        return Unpooled.wrappedBuffer(bytes.asReadOnlyByteBufferList().toArray(java.nio.ByteBuffer[]::new));
    }

    /// What the peer says its messages are compressed with; one we never offered is its error, not ours to refuse.
    static Compression declared(@Nullable String name, Metadata headers) {
        try {
            return Compression.ofDeclared(name);
        } catch (ConnectFailure unknown) {
            throw CallFailure.made(Code.INTERNAL, unknown.error().message(), headers);
        }
    }

    /// A content type without its parameters.
    static String bare(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int parameters = contentType.indexOf(';');
        return (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
    }
}
