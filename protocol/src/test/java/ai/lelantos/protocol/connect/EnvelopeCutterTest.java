package ai.lelantos.protocol.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// How bytes become envelopes, however they arrive.
class EnvelopeCutterTest {

    private static final int PAYLOAD_BYTES_MAX = 1 << 10;
    private static final int FLAGS = Envelope.COMPRESSED | Envelope.END_STREAM;

    @Test
    void howTheWireIsCutDoesNotMatter() {
        Cases.forAll(5_000, random -> {
            List<Envelope> sent = envelopes(random);
            ByteString wire =
                    ByteString.copyFrom(sent.stream().map(Envelope::encode).toList());
            var cutter = new EnvelopeCutter(PAYLOAD_BYTES_MAX, FLAGS);
            var got = new ArrayList<Envelope>();
            for (int at = 0; at < wire.size(); ) {
                int end = Math.min(wire.size(), at + random.nextInt(1 + random.nextInt(64)));
                cutter.feed(wire.substring(at, end));
                at = end;
                if (random.nextBoolean()) {
                    take(cutter, got);
                }
            }
            take(cutter, got);
            cutter.finish();
            assertThat(got).isEqualTo(sent);
            assertThat(cutter.heldBytes()).isZero();
        });
    }

    @Test
    void aByteAtATimeIsEnough() {
        var cutter = new EnvelopeCutter(PAYLOAD_BYTES_MAX, FLAGS);
        var envelope = new Envelope(Envelope.END_STREAM, ByteString.copyFromUtf8("{}"));
        ByteString wire = envelope.encode();
        for (int at = 0; at < wire.size(); at++) {
            assertThat(cutter.next()).isNull();
            cutter.feed(wire.substring(at, at + 1));
        }
        assertThat(cutter.next()).isEqualTo(envelope);
    }

    @Test
    void noiseIsEitherEnvelopesOrACodedError() {
        Cases.forAll(20_000, random -> {
            var noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            if (noise.length > 4 && random.nextBoolean()) {
                noise[0] &= FLAGS;
                noise[1] = 0;
                noise[2] = 0;
            }
            var cutter = new EnvelopeCutter(PAYLOAD_BYTES_MAX, FLAGS);
            var got = new ArrayList<Envelope>();
            try {
                cutter.feed(ByteString.copyFrom(noise));
                take(cutter, got);
                cutter.finish();
                assertThat(ByteString.copyFrom(
                                got.stream().map(Envelope::encode).toList()))
                        .isEqualTo(ByteString.copyFrom(noise));
            } catch (ConnectFailure failure) {
                assertThat(failure.error().code()).isIn(Code.INTERNAL, Code.RESOURCE_EXHAUSTED, Code.INVALID_ARGUMENT);
            }
        });
    }

    @Test
    void aPromisedLengthReservesNothingAndTellsItselfWhenCutOff() {
        var cutter = new EnvelopeCutter(Integer.MAX_VALUE, FLAGS);
        cutter.feed(ByteString.fromHex("007fffffff" + "aabbcc"));
        assertThat(cutter.next()).isNull();
        assertThat(cutter.heldBytes()).isEqualTo(8);
        assertThatExceptionOfType(ConnectFailure.class)
                .isThrownBy(cutter::finish)
                .withMessageContaining("invalid_argument")
                .withMessageContaining("promised 2147483647 bytes")
                .withMessageContaining("got 3 bytes");
    }

    @Test
    void aLengthIsUnsigned() {
        var cutter = new EnvelopeCutter(Integer.MAX_VALUE, FLAGS);
        cutter.feed(ByteString.fromHex("00ffffffff"));
        assertThatExceptionOfType(ConnectFailure.class)
                .isThrownBy(cutter::next)
                .withMessageContaining("resource_exhausted")
                .withMessageContaining("4294967295");
    }

    @Test
    void theLimitItselfIsAllowed() {
        var cutter = new EnvelopeCutter(3, 0);
        cutter.feed(Envelope.of(ByteString.copyFromUtf8("abc")).encode());
        assertThat(cutter.next()).isNotNull();
        assertThatNoException().isThrownBy(cutter::finish);
    }

    private static List<Envelope> envelopes(RandomGenerator random) {
        var envelopes = new ArrayList<Envelope>();
        for (int count = random.nextInt(6); count > 0; count--) {
            var payload = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(300)];
            random.nextBytes(payload);
            envelopes.add(new Envelope(random.nextInt(4) & FLAGS, ByteString.copyFrom(payload)));
        }
        return envelopes;
    }

    private static void take(EnvelopeCutter cutter, List<Envelope> into) {
        for (Envelope next = cutter.next(); next != null; next = cutter.next()) {
            into.add(next);
        }
    }
}
