package ai.lelantos.protocol.connect;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// The encodings of a message that we speak.
public enum Compression {
    IDENTITY("identity") {
        @Override
        public ByteString compress(ByteString plain) {
            return plain;
        }

        @Override
        public ByteString decompress(ByteString packed, int bytesMax) {
            return packed;
        }
    },
    GZIP("gzip") {
        @Override
        public ByteString compress(ByteString plain) {
            var packed = new ByteArrayOutputStream(plain.size() / 2 + 64);
            try (var gzip = new GZIPOutputStream(packed)) {
                plain.writeTo(gzip);
            } catch (IOException impossible) {
                throw new AssertionError("memory refuses bytes", impossible);
            }
            return UnsafeByteOperations.unsafeWrap(packed.toByteArray());
        }

        @Override
        public ByteString decompress(ByteString packed, int bytesMax) {
            try (var gzip = new GZIPInputStream(packed.newInput())) {
                return atMost(gzip, bytesMax);
            } catch (IOException e) {
                throw ConnectError.of(Code.INVALID_ARGUMENT, "decompress gzip: " + e.getMessage())
                        .toFailure();
            }
        }
    };

    /// What a server advertises, and what an error about anything else names.
    public static final String SUPPORTED = "gzip";

    private static final int BUFFER_BYTES = 8 << 10;

    private final String wireName;

    Compression(String wireName) {
        this.wireName = wireName;
    }

    public String wireName() {
        return wireName;
    }

    public abstract ByteString compress(ByteString plain);

    /// Unpacks a message of at most `bytesMax` bytes: a few kilobytes can hold gigabytes.
    public abstract ByteString decompress(ByteString packed, int bytesMax);

    /// The encoding a peer declared for its messages; absent or empty means identity.
    public static Compression ofDeclared(@Nullable String name) {
        if (name == null || name.isEmpty()) {
            return IDENTITY;
        }
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "identity" -> IDENTITY;
            case "gzip" -> GZIP;
            default ->
                throw ConnectError.of(
                                Code.UNIMPLEMENTED,
                                "unknown compression \"" + name + "\": supported encodings are " + SUPPORTED)
                        .toFailure();
        };
    }

    /// The encoding for what we send, out of those a peer accepts.
    public static Compression ofAccepted(@Nullable String accepted) {
        if (accepted == null) {
            return IDENTITY;
        }
        for (String choice : accepted.split(",", -1)) {
            String[] parts = choice.split(";", 2);
            if (parts[0].strip().equalsIgnoreCase("gzip") && !(parts.length == 2 && refuses(parts[1]))) {
                return GZIP;
            }
        }
        return IDENTITY;
    }

    /// `q=0` in any spelling: listed in order to be refused.
    private static boolean refuses(String parameters) {
        String weight = parameters.replace(" ", "").toLowerCase(Locale.ROOT);
        return weight.matches("q=0(\\.0*)?");
    }

    private static ByteString atMost(InputStream in, int bytesMax) throws IOException {
        ByteString.Output out = ByteString.newOutput();
        var buffer = new byte[BUFFER_BYTES];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            if (out.size() + (long) read > bytesMax) {
                throw ConnectError.of(
                                Code.RESOURCE_EXHAUSTED,
                                "message size is larger than configured max " + bytesMax + " once decompressed")
                        .toFailure();
            }
            out.write(buffer, 0, read);
        }
        return out.toByteString();
    }
}
