package ai.lelantos.envd.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MultipartTest {

    @Test
    void partsComeInOrderWhateverIsAroundThem() throws IOException {
        String body = "preamble\r\n--b\r\nA: 1\r\n\r\none\r\n--b  \r\nContent-Type: x\r\nA:2\r\n\r\n\r\n--b\r\n\r\n"
                + "--bc\r\n-b\r\n--b--\r\nepilogue";
        assertThat(parts(body, "b", 1_000)).containsExactly("{a=1}one", "{a=2, content-type=x}", "{}--bc\r\n-b");
        assertThat(parts("--b--", "b", 10)).isEmpty();
        assertThat(parts("--b\r\n\r\nx\r\n--b--", "b", 10)).containsExactly("{}x");
    }

    @Test
    void howTheBodyIsCutDoesNotMatter() throws IOException {
        long first = Long.getLong("cases.seed", System.nanoTime());
        for (long seed = first; seed < first + 300; seed++) {
            var random = new Random(seed);
            byte[] content = new byte[random.nextInt(200_000)];
            random.nextBytes(content);
            byte[] tricky = "\r\n--boundar\r\n--\r\r\n-".getBytes(StandardCharsets.ISO_8859_1);
            for (int i = 0; i < 20 && content.length > tricky.length; i++) {
                System.arraycopy(tricky, 0, content, random.nextInt(content.length - tricky.length), tricky.length);
            }
            String text = new String(content, StandardCharsets.ISO_8859_1);
            String body = "--boundary\r\nN: 1\r\n\r\n" + text + "\r\n--boundary\r\n\r\n" + text + "\r\n--boundary--";
            assertThat(parts(body, "boundary", 1 + random.nextInt(70_000)))
                    .as("rerun with -Dcases.seed=%d", seed)
                    .containsExactly("{n=1}" + text, "{}" + text);
        }
    }

    @Test
    void whatIsNoMultipartIsRefused() {
        List<String> bad = List.of(
                "",
                "x",
                "--b",
                "--b\r\n",
                "--b\r\nA: 1\r\n",
                "--b\r\n\r\nendless",
                "--b\r\nno colon\r\n\r\n\r\n--b--",
                "--b x\r\n\r\n\r\n--b--",
                "p".repeat(20_000) + "\r\n--b--",
                "--b\r\nH: " + "v".repeat(20_000) + "\r\n");
        for (String body : bad) {
            assertThatThrownBy(() -> parts(body, "b", 100)).as(body).isInstanceOf(MalformedBody.class);
        }
        for (String boundary : List.of("", "b".repeat(71))) {
            assertThatThrownBy(() -> parts("--b--", boundary, 100)).isInstanceOf(MalformedBody.class);
        }
    }

    private static List<String> parts(String body, String boundary, int pieceMax) throws IOException {
        var in = new ByteArrayInputStream(body.getBytes(StandardCharsets.ISO_8859_1));
        ByteSource source = into -> {
            byte[] piece = in.readNBytes(Math.min(pieceMax, into.remaining()));
            into.put(piece);
            return piece.length == 0 ? -1 : piece.length;
        };
        var multipart = new Multipart(source, boundary);
        var parts = new ArrayList<String>();
        for (var headers = multipart.next(); headers != null; headers = multipart.next()) {
            var content = new ByteArrayOutputStream();
            var buffer = ByteBuffer.allocate(pieceMax);
            while (multipart.read(buffer.clear()) >= 0) {
                content.write(buffer.array(), 0, buffer.position());
            }
            parts.add(headers + content.toString(StandardCharsets.ISO_8859_1));
        }
        return parts;
    }
}
