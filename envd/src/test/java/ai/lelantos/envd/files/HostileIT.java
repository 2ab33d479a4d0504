package ai.lelantos.envd.files;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Thousands of requests that must not succeed, each from its own seed: all are refused in the contract's shape, and
/// neither the tree nor the agent's descriptors show that they came.
@Timeout(180)
class HostileIT {

    private static final int REQUESTS = Integer.getInteger("hostile.requests", 5_000);
    private static final int DESCRIPTORS_MORE_MAX = 8;
    private static final long MEMORY_MORE_MAX = 48L << 20;
    private static final int BODY_BYTES_MAX = 1 << 20;

    private static final List<String> NO_PATHS = List.of(
            "%00",
            "a%00b",
            "%ff",
            "%c3%28",
            "%",
            "%zz",
            "%2",
            "~other",
            "~other%2Fx",
            "~root%00",
            "%ED%A0%80",
            "%2F" + "a%2F".repeat(2_100),
            "%2Ftmp%2F" + "n".repeat(300),
            "%2Fseed%2Floop",
            "%2Fseed%2Floop%2Fx",
            "%2Fseed",
            "%2Fseed%2F..",
            "%2Fseed%2Fpipe",
            "%2Fdev%2Fzero",
            "..%2F..%2F..%2F");

    private static final List<String> TYPES = List.of(
            "",
            "text/plain",
            "application/json",
            "multipart",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=" + "b".repeat(71),
            "multipart/form-data; boundary=\"x",
            "application/octet-stream; x",
            "\u00e9/\u00fc",
            "multipart/form-data; boundary=x");

    private static final List<String> BODIES = List.of(
            "",
            "--x",
            "--x\r\n",
            "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n",
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\nabc\r\n--x--\r\n",
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"/seed/../seed/new\"\r\n\r\nabc",
            "--x\r\nno colon\r\n\r\nabc\r\n--x--",
            "--x\r\n" + "H".repeat(20_000) + ": v\r\n\r\n",
            "--xy\r\n\r\n--xz--",
            "--x garbage\r\n\r\n--x--",
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\0b\"\r\n\r\n\r\n--x--");

    private static final List<String> HEADERS = List.of(
            "Range: bytes=9-1",
            "Range: lines=1-2",
            "Range: bytes=" + "0-0,".repeat(400),
            "Accept-Encoding: *;q=0",
            "Content-Encoding: br",
            "Content-Encoding: gzip",
            "X-Metadata-K\u00e9: v",
            "X-Metadata-Big: " + "v".repeat(5_000),
            "X-Metadata-" + "k".repeat(300) + ": v",
            "Authorization: Basic !!!",
            "Authorization: Basic Ym9iOg==",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: nonsense",
            "Expect: nothing",
            "X-Access-Token: ",
            "Connect-Timeout-Ms: -5",
            "Connect-Protocol-Version: 9");

    private static final List<String> PROCEDURES = List.of(
            "Stat",
            "MakeDir",
            "Move",
            "ListDir",
            "Remove",
            "CreateWatcher",
            "GetWatcherEvents",
            "RemoveWatcher",
            "Nothing");

    private static final List<String> MESSAGES = List.of(
            "",
            "{",
            "[]",
            "null",
            "{\"path\":7}",
            "{\"path\":\"a\\u0000b\"}",
            "{\"path\":\"\\ud800\"}",
            "{\"path\":\"~other\"}",
            "{\"path\":\"/\"}",
            "{\"path\":\"/seed/loop\",\"depth\":3}",
            "{\"source\":\"/nope\",\"destination\":\"/seed/x\"}",
            "{\"watcherId\":\"none\"}",
            "{\"path\":\"/seed/missing\"}",
            "{\"path\":\"" + "a/".repeat(2_100) + "\"}",
            "{\"path\":{\"path\":\"x\"}}",
            "{\"depth\":-1,\"path\":\"/seed/file\"}",
            "\u0000\u0001\u0002");

    @Test
    void everyOneIsRefusedAndLeavesNothing() throws Exception {
        long first = Long.getLong("hostile.seed", System.nanoTime());
        System.out.println("hostile requests from seed " + first);
        try (RealAgent agent = RealAgent.start()) {
            prepare(agent);
            String before = digest(agent.inside("/seed"));
            for (long seed = first; seed < first + 300; seed++) {
                requireRefusal(agent, seed);
            }
            long descriptors = descriptors(agent);
            long memory = agent.anonymousBytes();
            for (long seed = first + 300; seed < first + REQUESTS; seed++) {
                requireRefusal(agent, seed);
            }
            assertThat(digest(agent.inside("/seed"))).isEqualTo(before);
            assertThat(descriptors(agent)).isLessThanOrEqualTo(descriptors + DESCRIPTORS_MORE_MAX);
            assertThat(agent.anonymousBytes()).isLessThan(memory + MEMORY_MORE_MAX);
            assertThat(new FilesClient(agent.uri()).get("/health").statusCode()).isEqualTo(204);
        }
    }

    private static void prepare(RealAgent agent) throws IOException, InterruptedException {
        String script = "mount -t tmpfs tmpfs /mnt && mkdir -p /mnt/d && echo content > /mnt/file"
                + " && ln -s loop /mnt/loop && mkfifo /mnt/pipe && mkdir -p /seed && mount --move /mnt /seed";
        Process made = new ProcessBuilder("nsenter", "-t", Long.toString(agent.pid()), "-m", "sh", "-c", script)
                .inheritIO()
                .start();
        assertThat(made.waitFor()).isZero();
    }

    private static void requireRefusal(RealAgent agent, long seed) throws IOException {
        var random = new Random(seed * 0x9E3779B97F4A7C15L);
        String request = random.nextInt(3) == 0 ? procedure(random) : file(random);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), agent.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            requireShape(seed, request, new BufferedInputStream(socket.getInputStream()));
        }
    }

    private static String file(Random random) {
        String path = pick(random, NO_PATHS);
        boolean upload = random.nextBoolean();
        String target = "/files?path=" + path + (random.nextBoolean() ? "&username=user" : "&username=nobody-here");
        String type = upload ? pick(random, TYPES) : "";
        return message(
                upload ? "POST" : "GET", target, type, upload ? pick(random, BODIES) : "", pick(random, HEADERS));
    }

    private static String procedure(Random random) {
        String target = "/filesystem.Filesystem/" + pick(random, PROCEDURES);
        String type = random.nextInt(4) == 0 ? pick(random, TYPES) : "application/json";
        // Without a name or with the wrong one of a method, all of these messages are mistakes of the client.
        String user = "Authorization: Basic Ym9iOg==\r\nX-Extra: 1";
        return message("POST", target, type, pick(random, MESSAGES), user);
    }

    private static String message(String method, String target, String type, String body, String header) {
        var request = new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: agent\r\n");
        request.append("Connection: close\r\n").append(header).append("\r\n");
        if (!type.isEmpty()) {
            request.append("Content-Type: ").append(type).append("\r\n");
        }
        if (!header.startsWith("Content-Length") && !header.startsWith("Transfer")) {
            request.append("Content-Length: ").append(body.length()).append("\r\n");
        }
        return request.append("\r\n").append(body).toString();
    }

    private static void requireShape(long seed, String request, InputStream in) throws IOException {
        var answer = new ByteArrayOutputStream();
        in.transferTo(new java.io.FilterOutputStream(answer) {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                assertThat(answer.size()).isLessThan(BODY_BYTES_MAX);
                answer.write(bytes, offset, length);
            }
        });
        String text = answer.toString(StandardCharsets.UTF_8);
        String what = "seed " + seed + ": " + request.lines().findFirst().orElse("") + " -> " + text;
        assertThat(text).as(what).matches("(?s)HTTP/1\\.1 4\\d\\d .*");
        int status = Integer.parseInt(text.substring(9, 12));
        String body = text.substring(text.indexOf("\r\n\r\n") + 4);
        if (status == 404 && body.startsWith("404 page not found")) {
            return;
        }
        if (status == 415) {
            assertThat(text).as(what).containsIgnoringCase("accept-post:");
            return;
        }
        assertThat(body).as(what).startsWith("{\"code\":").contains("\"message\":");
        JsonObject json = JsonParser.parseString(body).getAsJsonObject();
        assertThat(json.get("message").getAsString()).as(what).isNotEmpty();
        if (json.get("code").getAsJsonPrimitive().isNumber()) {
            assertThat(json.get("code").getAsInt()).as(what).isEqualTo(status);
        }
    }

    private static String pick(Random random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static String digest(Path root) throws Exception {
        var hash = MessageDigest.getInstance("SHA-256");
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted().toList()) {
                hash.update((root.relativize(path) + " "
                                + Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) + " "
                                + Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS))
                        .getBytes(StandardCharsets.UTF_8));
                if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    hash.update(Files.readAllBytes(path));
                }
            }
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private static long descriptors(RealAgent agent) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + agent.pid() + "/fd"))) {
            return open.count();
        }
    }
}
