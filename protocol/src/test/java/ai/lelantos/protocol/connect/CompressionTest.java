package ai.lelantos.protocol.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is packed, and who may choose it.
class CompressionTest {

    @Test
    void whatIsPackedUnpacksToTheSame() {
        Cases.forAll(200, random -> {
            var plain = new byte[random.nextInt(20_000)];
            if (random.nextBoolean()) {
                random.nextBytes(plain);
            }
            var bytes = ByteString.copyFrom(plain);
            assertThat(Compression.GZIP.decompress(Compression.GZIP.compress(bytes), plain.length))
                    .isEqualTo(bytes);
        });
    }

    @Test
    void aFewKilobytesDoNotBecomeMoreThanTheLimit() {
        ByteString bomb = Compression.GZIP.compress(ByteString.copyFrom(new byte[8 << 20]));
        assertThat(bomb.size()).isLessThan(16 << 10);
        assertThatExceptionOfType(ConnectFailure.class)
                .isThrownBy(() -> Compression.GZIP.decompress(bomb, 1 << 20))
                .withMessageStartingWith("resource_exhausted");
    }

    @Test
    void brokenGzipIsInvalid() {
        ByteString packed = Compression.GZIP.compress(ByteString.copyFromUtf8("something to say"));
        for (ByteString broken : java.util.List.of(
                ByteString.copyFromUtf8("no gzip"), packed.substring(0, packed.size() - 9), packed.substring(3))) {
            assertThatExceptionOfType(ConnectFailure.class)
                    .isThrownBy(() -> Compression.GZIP.decompress(broken, 1 << 10))
                    .withMessageStartingWith("invalid_argument: decompress gzip");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip | GZIP",
                "GZIP | GZIP",
                "identity | IDENTITY",
                "br, gzip;q=0.5 | GZIP",
                "gzip;q=0 | IDENTITY",
                "gzip; q=0.000, br | IDENTITY",
                "br | IDENTITY",
                "'' | IDENTITY"
            })
    void theAnswerIsPackedOnlyForThoseWhoTakeIt(String accepted, Compression expected) {
        assertThat(Compression.ofAccepted(accepted)).isEqualTo(expected);
    }

    @Test
    void anUnknownEncodingIsToldWhichOnesThereAre() {
        assertThat(Compression.ofDeclared(null)).isEqualTo(Compression.IDENTITY);
        assertThatExceptionOfType(ConnectFailure.class)
                .isThrownBy(() -> Compression.ofDeclared("br"))
                .withMessage("unimplemented: unknown compression \"br\": supported encodings are gzip");
    }
}
