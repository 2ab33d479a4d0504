package ai.lelantos.envd.logs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineCutterTest {

    private final LineCutter cutter = new LineCutter();
    private final List<String> lines = new ArrayList<>();

    private void cut(String text) {
        cutter.cut(text.getBytes(StandardCharsets.UTF_8), lines::add);
    }

    @Test
    void howTheBytesArriveDoesNotMatter() {
        byte[] all = "one\n\ntwo é\r\nthree\rand\nlast".getBytes(StandardCharsets.UTF_8);
        var random = new Random(5);
        for (int round = 0; round < 200; round++) {
            lines.clear();
            for (int from = 0; from < all.length; ) {
                int to = Math.min(all.length, from + 1 + random.nextInt(6));
                cutter.cut(java.util.Arrays.copyOfRange(all, from, to), lines::add);
                from = to;
            }
            cutter.end(lines::add);
            assertThat(lines).containsExactly("one", "", "two é", "three\rand", "last");
        }
    }

    @Test
    void aLongLineIsToldInPartAndWithItsLength() {
        cut("x" + "é".repeat(LineCutter.LINE_BYTES_MAX));
        cut("more\nnext\n");
        assertThat(lines)
                .containsExactly("x" + "é".repeat(LineCutter.LINE_BYTES_MAX / 2 - 1) + "… (4005 bytes)", "next");
        lines.clear();
        cut("y".repeat(LineCutter.LINE_BYTES_MAX) + "\n");
        assertThat(lines).containsExactly("y".repeat(LineCutter.LINE_BYTES_MAX));
    }

    @Test
    void aGapEndsALineAndItsRestIsNeverTakenForOne() {
        cut("whole\nbegun");
        cutter.gap(lines::add);
        cut("the rest of another\nagain whole\n");
        assertThat(lines).containsExactly("whole", "begun", "again whole");
        cutter.gap(lines::add);
        cut("cut at both ends");
        cutter.gap(lines::add);
        cut("too");
        cutter.end(lines::add);
        assertThat(lines).hasSize(3);
    }

    @Test
    void bytesThatAreNoTextAreShownAsSuch() {
        cutter.cut(new byte[] {'a', (byte) 0xff, 'b', '\n'}, lines::add);
        assertThat(lines).containsExactly("a\ufffdb");
    }
}
