package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.envd.linux.NativeProcess.Stream;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReplayStoreTest {

    private final ReplayStore store = new ReplayStore(1 << 20);

    @Test
    void smallPiecesOfOneStreamAreOneChunk() {
        ReplayStore.Ring ring = store.newRing();
        append(ring, Stream.STDOUT, "one ");
        append(ring, Stream.STDOUT, "two ");
        append(ring, Stream.STDERR, "oops ");
        append(ring, Stream.STDOUT, "three");
        assertThat(text(ring.since(0))).isEqualTo("STDOUT:one two |STDERR:oops |STDOUT:three");
        assertThat(text(ring.since(6))).isEqualTo("STDOUT:o |STDERR:oops |STDOUT:three");
        assertThat(text(ring.since(ring.end()))).isEmpty();
    }

    @Test
    void whatIsLostIsCountedToTheByte() {
        ReplayStore.Ring ring = store.newRing();
        byte[] chunk = new byte[10_000];
        for (int i = 0; i < 100; i++) {
            ring.append(Stream.STDOUT, ByteString.copyFrom(chunk));
        }
        ReplayStore.Missed missed = ring.since(7);
        long kept = missed.chunks().stream().mapToLong(c -> c.bytes().size()).sum();
        assertThat(missed.offset()).isEqualTo(7 + missed.lost()).isEqualTo(ring.start());
        assertThat(missed.offset() + kept).isEqualTo(1_000_000).isEqualTo(ring.end());
        assertThat(kept).isLessThanOrEqualTo(ReplayStore.RING_BYTES_MAX).isGreaterThan(240_000);
    }

    @Test
    void anOffsetThatIsNotYetWrittenIsRefused() {
        ReplayStore.Ring ring = store.newRing();
        append(ring, Stream.STDOUT, "12345");
        assertThatThrownBy(() -> ring.since(6)).hasMessage("offset 6 is beyond the 5 bytes written");
        assertThatThrownBy(() -> ring.since(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void theOldestOutputOfAllGoesFirst() {
        List<ReplayStore.Ring> rings = java.util.stream.IntStream.range(0, 8)
                .mapToObj(_ -> store.newRing())
                .toList();
        for (ReplayStore.Ring ring : rings) {
            for (int i = 0; i < 25; i++) {
                ring.append(Stream.STDOUT, ByteString.copyFrom(new byte[10_000]));
            }
            assertThat(store.totalBytes()).isLessThanOrEqualTo(1 << 20);
        }
        assertThat(rings.getFirst().start()).isEqualTo(rings.getFirst().end());
        assertThat(rings.getLast().start()).isZero();
    }

    @Test
    void singleLettersOnChangingStreamsStayWithinTheBound() {
        ReplayStore.Ring ring = store.newRing();
        for (int i = 0; i < 10_000; i++) {
            append(ring, i % 2 == 0 ? Stream.STDOUT : Stream.STDERR, "x");
        }
        assertThat(store.totalBytes()).isLessThanOrEqualTo(ReplayStore.RING_BYTES_MAX);
        assertThat(ring.start()).isPositive();
    }

    @Test
    void aReleasedRingCostsNothingAndStillCounts() {
        ReplayStore.Ring ring = store.newRing();
        append(ring, Stream.STDOUT, "12345");
        ring.release();
        append(ring, Stream.STDOUT, "678");
        assertThat(store.totalBytes()).isZero();
        assertThat(ring.since(2)).isEqualTo(new ReplayStore.Missed(8, 6, List.of()));
    }

    @Test
    void anyHistoryIsReplayedAsItWas() {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            ReplayStore.Ring ring = store.newRing();
            var all = new ByteArrayOutputStream();
            Map<Stream, ByteArrayOutputStream> streams = new EnumMap<>(Stream.class);
            for (int i = 0; i < 60; i++) {
                var bytes = new byte[random.nextInt(1, 3_000)];
                random.nextBytes(bytes);
                Stream stream = random.nextBoolean() ? Stream.STDOUT : Stream.STDERR;
                all.writeBytes(bytes);
                streams.computeIfAbsent(stream, _ -> new ByteArrayOutputStream())
                        .writeBytes(bytes);
                ring.append(stream, ByteString.copyFrom(bytes));
            }
            int from = random.nextInt(all.size() + 1);
            ByteString replayed = ring.since(from).chunks().stream()
                    .map(Event.Chunk::bytes)
                    .reduce(ByteString.EMPTY, ByteString::concat);
            assertThat(replayed)
                    .as("seed %s", seed)
                    .isEqualTo(ByteString.copyFrom(all.toByteArray()).substring(from));
            ring.release();
        }
    }

    private static void append(ReplayStore.Ring ring, Stream stream, String text) {
        ring.append(stream, ByteString.copyFromUtf8(text));
    }

    private static String text(ReplayStore.Missed missed) {
        return missed.chunks().stream()
                .map(chunk -> chunk.stream() + ":" + chunk.bytes().toStringUtf8())
                .collect(Collectors.joining("|"));
    }
}
