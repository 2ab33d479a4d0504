package ai.lelantos.loadtest.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The check of streamed lines must pass what is whole however it is cut, and see every kind of damage.
class StreamsTest {

    private static final int LINES = 200;

    @Test
    void anyCutOfWholeOutputPasses() {
        for (long seed = 0; seed < 50; seed++) {
            var random = new SplittableRandom(seed);
            String text = text(IntStream.rangeClosed(1, LINES));
            var check = new Streams.Lines(LINES);
            for (int at = 0; at < text.length(); ) {
                int end = Math.min(text.length(), at + random.nextInt(1, 300));
                check.accept(ByteString.copyFromUtf8(text.substring(at, end)));
                at = end;
            }
            assertThat(check.whole()).as("seed %d: %s", seed, check).isTrue();
        }
    }

    @Test
    void damageIsSeen() {
        assertThat(whole(text(IntStream.rangeClosed(1, LINES - 1))))
                .as("the last line is missing")
                .isFalse();
        assertThat(whole(text(IntStream.rangeClosed(1, LINES).map(i -> i == 7 ? 8 : i == 8 ? 7 : i))))
                .as("two lines swapped")
                .isFalse();
        assertThat(whole(text(IntStream.concat(IntStream.of(1), IntStream.rangeClosed(1, LINES)))))
                .as("a line twice")
                .isFalse();
        assertThat(whole(text(IntStream.rangeClosed(1, LINES)) + "x"))
                .as("bytes too many")
                .isFalse();
    }

    private static boolean whole(String text) {
        var check = new Streams.Lines(LINES);
        check.accept(ByteString.copyFromUtf8(text));
        return check.whole();
    }

    private static String text(IntStream numbers) {
        var text = new StringBuilder();
        numbers.forEach(number -> text.append(String.format(Locale.ROOT, "%063d%n", number)));
        return text.toString();
    }
}
