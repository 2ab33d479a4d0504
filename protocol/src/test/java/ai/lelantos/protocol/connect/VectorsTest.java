package ai.lelantos.protocol.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Golden pairs under `vectors/`: first line what is on the wire, second what it means. `-Dupdate.golden=true` rewrites
/// the second lines, and the difference is reviewed.
class VectorsTest {

    private static final Path VECTORS = Path.of("src/test/resources/vectors");

    @TestFactory
    Stream<DynamicTest> envelopes() throws IOException {
        return each("envelope", 6, wire -> {
            var cutter = new EnvelopeCutter(1 << 10, Envelope.COMPRESSED | Envelope.END_STREAM);
            cutter.feed(ByteString.fromHex(wire));
            var meaning = new StringBuilder();
            for (Envelope next = cutter.next(); next != null; next = cutter.next()) {
                assertThat(wire).contains(hex(next.encode()));
                meaning.append(
                        "%02x %s; ".formatted(next.flags(), next.payload().toStringUtf8()));
            }
            cutter.finish();
            return meaning.append("end").toString();
        });
    }

    @TestFactory
    Stream<DynamicTest> errors() throws IOException {
        return each("error", 8, wire -> {
            ConnectError error = ConnectError.parse(wire, ConnectError.of(Code.UNAVAILABLE, "HTTP status 503"));
            assertThat(ConnectError.parse(error.toJson(), ConnectError.of(Code.UNKNOWN, "lost")))
                    .isEqualTo(error);
            return error.toJson();
        });
    }

    @TestFactory
    Stream<DynamicTest> timeouts() throws IOException {
        return each("timeout", 12, wire -> {
            String[] header = wire.split("=", 2);
            Optional<Duration> timeout =
                    header[0].equals("connect") ? Timeout.ofConnect(header[1]) : Timeout.ofGrpc(header[1]);
            String written = header[0].equals("connect")
                    ? Timeout.toConnect(timeout.orElseThrow())
                    : Timeout.toGrpc(timeout.orElseThrow());
            return timeout.orElseThrow() + " " + written;
        });
    }

    /// What the wire says, in our words; a refusal is said in its own.
    private interface Meaning {
        String of(String wire);
    }

    private static Stream<DynamicTest> each(String kind, int atLeast, Meaning meaning) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(VECTORS.resolve(kind))) {
            files = all.sorted().toList();
        }
        assertThat(files).hasSizeGreaterThanOrEqualTo(atLeast);
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(String.valueOf(file.getFileName()), file.toUri(), () -> {
                    List<String> lines = Files.readAllLines(file);
                    String got = meaning(meaning, lines.getFirst());
                    if (Boolean.getBoolean("update.golden")) {
                        Files.writeString(file, lines.getFirst() + "\n" + got + "\n");
                    }
                    assertThat(got).isEqualTo(Files.readAllLines(file).get(1));
                }));
    }

    private static String meaning(Meaning meaning, String wire) {
        try {
            return meaning.of(wire);
        } catch (ConnectFailure failure) {
            return String.valueOf(failure.getMessage());
        }
    }

    private static String hex(ByteString bytes) {
        return java.util.HexFormat.of().formatHex(bytes.toByteArray());
    }
}
