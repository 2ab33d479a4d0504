package ai.lelantos.envd.rpc;

import com.linecorp.armeria.common.HttpHeadersBuilder;
import com.linecorp.armeria.common.RequestHeaders;
import io.grpc.Metadata;
import io.netty.util.AsciiString;
import java.util.Base64;
import java.util.Map;

/// grpc-java's metadata to HTTP headers and back; a name ending in `-bin` holds bytes, on the wire base64.
final class Metadatas {

    private Metadatas() {}

    static Metadata of(RequestHeaders headers) {
        var metadata = new Metadata();
        for (Map.Entry<AsciiString, String> header : headers) {
            String name = header.getKey().toString();
            if (name.startsWith(":")) {
                continue;
            }
            if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), header.getValue());
            } else {
                putBinary(metadata, name, header.getValue());
            }
        }
        return metadata;
    }

    static void addTo(HttpHeadersBuilder headers, Metadata metadata) {
        for (String name : metadata.keys()) {
            if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                if (name.equals(GrpcStatus.DETAILS.name())) {
                    continue; // part of the error, which each protocol writes in its own way
                }
                var key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
                for (byte[] value : values(metadata, key)) {
                    headers.add(name, Base64.getEncoder().withoutPadding().encodeToString(value));
                }
            } else {
                var key = Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
                values(metadata, key).forEach(value -> headers.add(name, value));
            }
        }
    }

    private static void putBinary(Metadata metadata, String name, String value) {
        var key = Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
        for (String part : value.split(",", -1)) {
            try {
                metadata.put(key, Base64.getDecoder().decode(part.strip()));
            } catch (IllegalArgumentException _) {
                // No handler can be given bytes that are none; the header itself stays readable through Call.
                return;
            }
        }
    }

    private static <T> Iterable<T> values(Metadata metadata, Metadata.Key<T> key) {
        Iterable<T> values = metadata.getAll(key);
        return values == null ? java.util.List.of() : values;
    }
}
