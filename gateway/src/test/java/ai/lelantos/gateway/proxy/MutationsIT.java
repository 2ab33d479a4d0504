package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.sandbox.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Valid requests with random damage: the front refuses or forwards, never fails, and what it forwards is whole.
/// `-Dcases.seed=` brings one back, `-Dcases.count=100000` runs the long form.
class MutationsIT {

    private static final int CASES = Integer.getInteger("cases.count", 3_000);
    private static final String[] SPICE = {
        "\r\n",
        "\n",
        "\r",
        "\0",
        " ",
        "\t",
        ":",
        ",",
        ";",
        "Host: 80-other.localhost\r\n",
        "Content-Length: 7\r\n",
        "Transfer-Encoding: chunked\r\n",
        "0\r\n\r\n",
        "\u00ff",
        "Connection: upgrade\r\nUpgrade: x\r\n",
        " HTTP/1.1\r\n",
        "/",
        "http://",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "chunked",
        "-",
        "%00",
        "#"
    };
    /// One request as a strict reader expects it: the line, fields, the empty line, a body by its length or chunks.
    private static final Pattern HEAD = Pattern.compile(
            "[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~\\x80-\\xff]+ HTTP/1\\.1\r\n([!#$%&'*+.^_`|~0-9A-Za-z-]+:[\\t -~\\x80-\\xff]*\r\n)*\r\n");

    @Test
    void damagedRequestsAreRefusedOrWhole() throws IOException {
        long seed = Long.getLong("cases.seed", System.nanoTime());
        System.out.println("mutations from -Dcases.seed=" + seed);
        try (var leaks = new Leaks();
                Stage stage = new Stage()) {
            var unseemly = new ConcurrentLinkedQueue<String>();
            // An address of its own: a damaged port must not lead to somebody else's server.
            InetAddress address = InetAddress.getByAddress(new byte[] {127, 9, 9, 9});
            Guest guest = stage.prop(new Guest(address, 0, wire -> judge(wire, unseemly)));
            Route open = stage.running.aRoute("abc");
            stage.running.starts(new Route("abc", open.lifecycle(), address, null, null, null, Set.of(), -1));
            List<String> valid = List.of(
                    Stage.get("abc", guest.port(), "/a?b=c", "X-One: 1", "Cookie: a=b"),
                    "POST /p HTTP/1.1\r\nHost: " + guest.port()
                            + "-abc.localhost\r\nContent-Length: 7\r\nX: y\r\n\r\n1234567",
                    "PUT /c HTTP/1.1\r\nHost: " + guest.port()
                            + "-abc.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\n1234\r\n0\r\nT: 1\r\n\r\n",
                    "GET /w HTTP/1.1\r\nHost: " + guest.port()
                            + "-abc.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            for (int i = 0; i < CASES; i++) {
                long mine = seed + i;
                var random = new SplittableRandom(mine);
                String request = damaged(valid.get(random.nextInt(valid.size())), random);
                String answer = answer(stage, request);
                boolean ours5xx = answer.startsWith("HTTP/1.1 5")
                        && !answer.startsWith("HTTP/1.1 505")
                        && !answer.contains("\"code\":502")
                        && !answer.contains("\"code\":503");
                assertThat(ours5xx)
                        .as("-Dcases.seed=%d %s -> %s", mine, request, answer)
                        .isFalse();
                assertThat(unseemly).as("-Dcases.seed=%d %s", mine, request).isEmpty();
            }
            assertThat(stage.ask(Stage.get("abc", guest.port(), "/"))).startsWith("HTTP/1.1 200");
            assertThat(leaks.reports()).isEmpty();
        }
    }

    /// Sends it and hangs up as soon as there is an answer, or says that no more comes.
    private static String answer(Stage stage, String request) {
        try (Wire wire = Wire.to(stage.port)) {
            wire.send(request);
            wire.socket.setSoTimeout(20);
            return wire.answer();
        } catch (IOException | UncheckedIOException unfinished) {
            return "";
        }
    }

    private static void judge(Wire wire, ConcurrentLinkedQueue<String> unseemly) {
        String head = wire.head();
        if (head.isEmpty()) {
            return; // the test hung up before its request went on
        }
        if (!HEAD.matcher(head).matches()) {
            unseemly.add("head " + head);
        }
        long lengths = head.toLowerCase(Locale.ROOT)
                .lines()
                .filter(line -> line.startsWith("content-length:"))
                .count();
        long encodings = head.toLowerCase(Locale.ROOT)
                .lines()
                .filter(line -> line.startsWith("transfer-encoding:"))
                .count();
        long hosts = head.toLowerCase(Locale.ROOT)
                .lines()
                .filter(line -> line.startsWith("host:"))
                .count();
        if (lengths + encodings > 1 || hosts != 1) {
            unseemly.add("framing " + head);
        }
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }

    private static String damaged(String request, RandomGenerator random) {
        var text = new StringBuilder(request);
        for (int times = 1 + random.nextInt(3); times > 0 && !text.isEmpty(); times--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(6)) {
                case 0 -> text.setCharAt(at, (char) random.nextInt(256));
                case 1 -> text.deleteCharAt(at);
                case 2 -> text.insert(at, SPICE[random.nextInt(SPICE.length)]);
                case 3 -> text.insert(at, text.substring(at, Math.min(text.length(), at + 1 + random.nextInt(30))));
                case 4 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(20)));
                default ->
                    text.setCharAt(
                            at,
                            Character.isUpperCase(text.charAt(at))
                                    ? Character.toLowerCase(text.charAt(at))
                                    : Character.toUpperCase(text.charAt(at)) < 256
                                            ? Character.toUpperCase(text.charAt(at))
                                            : 'x');
            }
        }
        return new String(text.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1);
    }
}
