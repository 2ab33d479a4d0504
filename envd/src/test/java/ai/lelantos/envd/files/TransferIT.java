package ai.lelantos.envd.files;

import static ai.lelantos.envd.testing.FilesClient.form;
import static ai.lelantos.envd.testing.FilesClient.query;
import static ai.lelantos.envd.testing.FilesClient.text;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.filesystem.FileType;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Contract 4.5 to 4.7 and 4.13, rows F8 to F11 of 9.2.
@Timeout(120)
class TransferIT {

    private static final int DESCRIPTORS_SETTLE_SECONDS = 20;

    private static RealAgent agent;
    private static FilesClient files;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.start();
        files = new FilesClient(agent.uri());
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @Test
    void anUploadAnswersWithExactlyTheEntry() {
        HttpResponse<byte[]> answer =
                files.postForm(query("path", "one.txt", "username", "user"), form("ignored-name", "hello"));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(JsonParser.parseString(text(answer)))
                .isEqualTo(JsonParser.parseString(
                        "[{\"name\":\"one.txt\",\"path\":\"/home/user/one.txt\",\"type\":\"file\"}]"));
        assertThat(text(files.get(query("path", "one.txt", "username", "user"))))
                .isEqualTo("hello");
    }

    @Test
    void manyFilesComeBackInTheirOrder() {
        HttpResponse<byte[]> answer =
                files.postForm(query("username", "user"), form("m/b.txt", "1", "/0/a.txt", "2", "m/é ü.txt", "3"));
        assertThat(JsonParser.parseString(text(answer)).getAsJsonArray())
                .extracting(entry -> entry.getAsJsonObject().get("path").getAsString())
                .containsExactly("/home/user/m/b.txt", "/0/a.txt", "/home/user/m/é ü.txt");
        assertThat(files.as("user").stat("/0").getOwner()).isEqualTo("user");
        HttpResponse<byte[]> none = files.postForm(query("username", "user"), "--edge--\r\n");
        assertThat(none.statusCode()).isEqualTo(200);
        assertThat(text(none)).isEqualTo("[]");
        HttpResponse<byte[]> twice =
                files.postForm(query("username", "user"), form("t/a", "1", "t/b", "2", "t/a", "3"));
        assertThat(twice.statusCode()).isEqualTo(400);
        assertThat(text(twice))
                .contains("you cannot upload multiple files to the same path '/home/user/t/a' in one upload request, "
                        + "only the first specified file was uploaded, also the following files were uploaded: "
                        + "/home/user/t/b");
        assertThat(text(files.get(query("path", "/home/user/t/a")))).isEqualTo("1");
    }

    @Test
    void anOverwriteTruncatesInPlaceAndChangesTheOwner() throws IOException {
        upload("/tmp/over", "root", "a longer content");
        Object inode = Files.getAttribute(agent.inside("/tmp/over"), "unix:ino");
        upload("/tmp/over", "user", "short");
        assertThat(Files.getAttribute(agent.inside("/tmp/over"), "unix:ino")).isEqualTo(inode);
        EntryInfo entry = files.stat("/tmp/over");
        assertThat(entry.getSize()).isEqualTo(5);
        assertThat(entry.getOwner()).isEqualTo("user");
        upload("home.txt", "root", "x");
        assertThat(files.stat("/root/home.txt").getOwner()).isEqualTo("root");
    }

    @Test
    void whatCannotBeWrittenIsRefusedWithItsReason() {
        refused(400, "path is a directory: /etc", files.upload("/etc", "user", new byte[300_000]));
        refused(500, "path is a file: /etc/passwd", files.upload("/etc/passwd/x/y", "user", new byte[1]));
        refused(400, "path is not a regular file: /dev/null", files.upload("/dev/null", "user", new byte[1]));
        refused(
                400,
                "path query parameter is required for raw body upload",
                files.post(query(), BodyPublishers.ofString("x"), "Content-Type", "application/octet-stream"));
        refused(
                400,
                "unsupported content type: text/plain, expected multipart/form-data or application/octet-stream",
                files.post(query("path", "x"), BodyPublishers.ofString("x"), "Content-Type", "text/plain"));
        refused(
                400,
                "error decompressing request body: unsupported Content-Encoding: br",
                files.upload("x", "user", new byte[1], "Content-Encoding", "br"));
        assertThat(files.upload("x", "user", new byte[10], "Content-Encoding", "gzip")
                        .statusCode())
                .isEqualTo(400);
        HttpResponse<byte[]> stranger = files.upload("x", "stranger", new byte[1]);
        assertThat(stranger.statusCode()).isEqualTo(401);
        assertThat(text(stranger)).contains("error looking up user 'stranger': ");
        assertThat(files.upload("~other/x", "user", new byte[1]).statusCode()).isEqualTo(400);
        assertThat(files.upload("a\0b", "user", new byte[1]).statusCode()).isEqualTo(400);
    }

    @Test
    void metadataRoundTripsAndAnOverwriteClearsIt() throws IOException, InterruptedException {
        HttpResponse<byte[]> raw =
                files.upload("/tmp/meta", "user", new byte[3], "X-Metadata-Author", "me", "X-Metadata-Kind", "a b");
        assertThat(JsonParser.parseString(text(raw)))
                .isEqualTo(JsonParser.parseString("[{\"path\":\"/tmp/meta\",\"name\":\"meta\",\"type\":\"file\","
                        + "\"metadata\":{\"author\":\"me\",\"kind\":\"a b\"}}]"));
        assertThat(files.stat("/tmp/meta").getMetadataMap()).containsOnlyKeys("author", "kind");
        assertThat(files.move("/tmp/meta", "/tmp/meta2").getMetadataMap()).containsEntry("author", "me");
        Process set = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import os,sys;os.setxattr(sys.argv[1],'user.e2b.guest',b'g')",
                        agent.inside("/tmp/meta2").toString())
                .inheritIO()
                .start();
        assertThat(set.waitFor()).isZero();
        assertThat(files.stat("/tmp/meta2").getMetadataMap()).containsEntry("guest", "g");
        upload("/tmp/meta2", "user", "plain");
        assertThat(files.stat("/tmp/meta2").getMetadataMap()).isEmpty();
        String key = "k".repeat(247);
        for (String[] bad : new String[][] {{"X-Metadata-" + key, "v"}, {"X-Metadata-Big", "v".repeat(4_090)}}) {
            HttpResponse<byte[]> answer = files.upload("/tmp/bad", "user", new byte[1], bad);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(text(answer)).contains("invalid metadata: ");
        }
    }

    @Test
    void metadataIsThatOfEveryFileOfARequestAndPlainAscii() throws IOException {
        HttpResponse<byte[]> form = files.postForm(
                query("username", "user"), form("parts/a", "1", "parts/b", "2"), "X-Metadata-Kind", "part");
        assertThat(JsonParser.parseString(text(form)).getAsJsonArray())
                .allSatisfy(entry -> assertThat(entry.getAsJsonObject()
                                .getAsJsonObject("metadata")
                                .get("kind")
                                .getAsString())
                        .isEqualTo("part"));
        assertThat(files.list("/home/user/parts", 1))
                .hasSize(2)
                .allSatisfy(
                        entry -> assertThat(entry.getMetadataMap()).containsOnly(java.util.Map.entry("kind", "part")));
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), agent.port())) {
            socket.getOutputStream()
                    .write(
                            ("POST /files?path=/tmp/foreign HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Metadata-Kind: é\r\n"
                                            + "Content-Type: application/octet-stream\r\nContent-Length: 1\r\n\r\nx")
                                    .getBytes(StandardCharsets.UTF_8));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .startsWith("HTTP/1.1 400 ")
                    .contains("invalid metadata: 'kind' has other than printable ASCII");
        }
        assertThat(files.get(query("path", "/tmp/foreign")).statusCode()).isEqualTo(404);
    }

    @Test
    void compressedContentGoesInAndOut() throws IOException {
        byte[] content = new byte[400_000];
        new Random(7).nextBytes(content);
        var packed = new ByteArrayOutputStream();
        for (int from : List.of(0, 150_000)) {
            int to = from == 0 ? 150_000 : content.length;
            try (var gzip = new GZIPOutputStream(packed)) {
                gzip.write(content, from, to - from);
            }
        }
        assertThat(files.upload("/tmp/zip", "user", packed.toByteArray(), "Content-Encoding", "gzip")
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<byte[]> plain = files.get(query("path", "/tmp/zip"));
        assertThat(plain.body()).isEqualTo(content);
        assertThat(plain.headers().firstValue("content-type")).contains("application/octet-stream");
        HttpResponse<byte[]> zipped = files.get(query("path", "/tmp/zip"), "Accept-Encoding", "gzip, deflate, br");
        assertThat(zipped.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(zipped.headers().firstValue("content-length")).isEmpty();
        assertThat(new GZIPInputStream(new ByteArrayInputStream(zipped.body())).readAllBytes())
                .isEqualTo(content);
        refused(
                406,
                "error parsing Accept-Encoding: no acceptable encoding found, supported: [gzip]",
                files.get(query("path", "/tmp/zip"), "Accept-Encoding", "br, identity;q=0"));
    }

    @Test
    void rangesAndConditionsAreThoseOfHttp() {
        upload("/tmp/range.txt", "user", "0123456789");
        HttpResponse<byte[]> whole = files.get(query("path", "/tmp/range.txt"));
        assertThat(whole.headers().firstValue("accept-ranges")).contains("bytes");
        assertThat(whole.headers().firstValue("content-disposition")).contains("inline; filename=range.txt");
        assertThat(whole.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
        String modified = whole.headers().firstValue("last-modified").orElseThrow();
        HttpResponse<byte[]> part = files.get(query("path", "/tmp/range.txt"), "Range", "bytes=2-4");
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.headers().firstValue("content-range")).contains("bytes 2-4/10");
        assertThat(text(part)).isEqualTo("234");
        assertThat(text(files.get(query("path", "/tmp/range.txt"), "Range", "bytes=-3")))
                .isEqualTo("789");
        HttpResponse<byte[]> parts = files.get(query("path", "/tmp/range.txt"), "Range", "bytes=0-1,8-");
        assertThat(parts.headers().firstValue("content-type").orElseThrow()).startsWith("multipart/byteranges; ");
        assertThat(text(parts)).contains("Content-Range: bytes 0-1/10", "\r\n\r\n01\r\n", "\r\n\r\n89\r\n");
        HttpResponse<byte[]> outside = files.get(query("path", "/tmp/range.txt"), "Range", "bytes=10-");
        assertThat(outside.statusCode()).isEqualTo(416);
        assertThat(outside.headers().firstValue("content-range")).contains("bytes */10");
        assertThat(files.get(query("path", "/tmp/range.txt"), "If-Modified-Since", modified)
                        .statusCode())
                .isEqualTo(304);
        assertThat(files.get(query("path", "/tmp/range.txt"), "If-Match", "\"x\"")
                        .statusCode())
                .isEqualTo(412);
        assertThat(files.get(query("path", "/tmp/range.txt"), "Range", "bytes=0-1", "Accept-Encoding", "identity;q=0")
                        .statusCode())
                .isEqualTo(406);
    }

    @Test
    void whatIsNoFileCannotBeDownloaded() throws IOException, InterruptedException {
        refused(
                404,
                "path '/home/user/demo/test.txt' does not exist",
                files.get(query("path", "demo/test.txt", "username", "user")));
        refused(400, "path '/tmp' is a directory", files.get(query("path", "/tmp")));
        Path fifo = agent.inside("/tmp/fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        refused(400, "path '/tmp/fifo' is not a regular file", files.get(query("path", "/tmp/fifo")));
        refused(400, "path is not a regular file: /tmp/fifo", files.upload("/tmp/fifo", "user", new byte[1]));
        refused(400, "path '/dev/zero' is not a regular file", files.get(query("path", "/dev/zero")));
        try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            var _ = socket.bind(UnixDomainSocketAddress.of(agent.inside("/tmp/socket")));
            refused(400, "path '/tmp/socket' is not a regular file", files.get(query("path", "/tmp/socket")));
            refused(400, "path is not a regular file: /tmp/socket", files.upload("/tmp/socket", "user", new byte[1]));
            assertThat(files.stat("/tmp/socket").getPermissions()).startsWith("S");
            assertThat(files.stat("/tmp/socket").getType()).isEqualTo(FileType.FILE_TYPE_UNSPECIFIED);
        }
        Files.createSymbolicLink(agent.inside("/tmp/ring"), Path.of("ring"));
        assertThat(files.get(query("path", "/tmp/ring")).statusCode()).isEqualTo(400);
        assertThat(files.upload("/tmp/ring", "user", new byte[1]).statusCode()).isEqualTo(400);
        assertThat(files.get("/files?path=%FF").statusCode()).isEqualTo(400);
        assertThat(files.get(query("path", "/" + "a/".repeat(2_048))).statusCode())
                .isEqualTo(400);
    }

    @Test
    void filesWithoutALengthAreReadToTheirEnd() {
        HttpResponse<byte[]> status = files.get(query("path", "/proc/self/status"));
        assertThat(text(status)).contains("Name:", "VmRSS:");
        HttpResponse<byte[]> empty = files.get(query("path", uploaded("/tmp/empty", "")));
        assertThat(empty.headers().firstValue("content-length")).contains("0");
        assertThat(empty.body()).isEmpty();
    }

    @Test
    void aHundredUploadsAtOnceAreAllRightAlsoIntoOneNewDirectory() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> answers = IntStream.range(0, 100)
                    .mapToObj(i -> threads.submit(() -> files.upload("/tmp/parallel/new/" + i, "user", mebibyte(i))
                            .statusCode()))
                    .toList();
            for (Future<Integer> answer : answers) {
                assertThat(answer.get()).isEqualTo(200);
            }
        }
        for (int i = 0; i < 100; i++) {
            assertThat(Files.readAllBytes(agent.inside("/tmp/parallel/new/" + i)))
                    .isEqualTo(mebibyte(i));
        }
        files.remove("/tmp/parallel");
    }

    @Test
    void aClientThatVanishesLeavesNoFileAndNoDescriptor() throws Exception {
        long before = descriptors();
        for (int i = 0; i < 20; i++) {
            try (var socket = vanishing("vanished" + i)) {
                socket.getOutputStream().write(new byte[i % 2 == 0 ? 1_000_000 : 1_000]);
                socket.getOutputStream().flush();
            }
        }
        eventually(() -> descriptors() <= before + 2);
        eventually(() -> {
            try (Stream<Path> left = Files.list(agent.inside("/tmp"))) {
                return left.noneMatch(path -> path.getFileName().toString().startsWith("vanished"));
            }
        });
    }

    @Test
    void aFileThatShrinksWhileItIsReadIsNeverPassedOffAsWhole() throws Exception {
        long length = 64L << 20;
        try (var file = new RandomAccessFile(agent.inside("/tmp/shrinks").toFile(), "rw")) {
            file.setLength(length);
            try (var socket = asking("/tmp/shrinks")) {
                var in = socket.getInputStream();
                assertThat(in.readNBytes(1_000)).hasSize(1_000);
                file.setLength(10);
                assertThat(rest(in)).isLessThan(length / 2);
            }
        }
        assertThat(files.get("/health").statusCode()).isEqualTo(204);
    }

    @Test
    void aFileThatGrowsWhileItIsReadIsSentAsLongAsItWas() throws Exception {
        long length = 32L << 20;
        try (var file = new RandomAccessFile(agent.inside("/tmp/grows").toFile(), "rw")) {
            file.setLength(length);
            try (var socket = asking("/tmp/grows")) {
                var in = socket.getInputStream();
                assertThat(in.read()).isEqualTo('H');
                file.setLength(2 * length);
                assertThat(rest(in)).isBetween(length, length + 1_000);
            }
        }
    }

    /// A download whose connection the agent closes after it.
    private static Socket asking(String path) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), agent.port());
        socket.getOutputStream()
                .write(("GET /files?path=" + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /// How much more comes before the end, whichever kind of end it is.
    private static long rest(InputStream in) throws IOException {
        byte[] buffer = new byte[64 << 10];
        long count = 0;
        try {
            for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
                count += got;
            }
        } catch (SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        return count;
    }

    @Test
    void aFullDiskIs507AndLeavesNothingHalfWritten() throws Exception {
        var pid = Long.toString(agent.pid());
        assertThat(new ProcessBuilder(
                                "nsenter",
                                "-t",
                                pid,
                                "-m",
                                "sh",
                                "-c",
                                "mkdir -p /tmp/small && mount -t tmpfs -o size=1m,nr_inodes=4 tmpfs /tmp/small")
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        refused(
                507,
                "attempted to write 3000000 bytes: not enough disk space available",
                files.upload("/tmp/small/big", "user", new byte[3_000_000]));
        assertThat(Files.exists(agent.inside("/tmp/small/big"))).isFalse();
        for (int i = 0; i < 3; i++) {
            assertThat(files.upload("/tmp/small/f" + i, "user", new byte[1]).statusCode())
                    .isEqualTo(200);
        }
        HttpResponse<byte[]> inodes = files.upload("/tmp/small/f3", "user", new byte[1]);
        assertThat(inodes.statusCode()).isEqualTo(507);
        assertThat(text(inodes)).contains("not enough inodes available");
    }

    @Test
    void piecesAreComposedAndRemoved() {
        upload("/tmp/p1", "user", "one ");
        upload("/tmp/p2", "user", "two");
        var composed = files.post(
                "/files/compose",
                BodyPublishers.ofString(
                        "{\"source_paths\":[\"/tmp/p1\",\"/tmp/p2\"],\"destination\":\"/tmp/p\",\"username\":\"user\"}"));
        assertThat(text(composed)).isEqualTo("{\"path\":\"/tmp/p\",\"name\":\"p\",\"type\":\"file\"}");
        assertThat(text(files.get(query("path", "/tmp/p")))).isEqualTo("one two");
        assertThat(files.get(query("path", "/tmp/p1")).statusCode()).isEqualTo(404);
        refused(404, "source file not found: /tmp/p1", compose("[\"/tmp/p1\"]", "/tmp/q"));
        assertThat(compose("[]", "/tmp/q").statusCode()).isEqualTo(400);
        assertThat(compose("[\"/tmp/p\"]", "/tmp/p").statusCode()).isEqualTo(400);
        assertThat(compose("[\"/tmp\"]", "/tmp/q").statusCode()).isEqualTo(400);
    }

    private static HttpResponse<byte[]> compose(String sources, String destination) {
        return files.post(
                "/files/compose",
                BodyPublishers.ofString("{\"source_paths\":" + sources + ",\"destination\":\"" + destination + "\"}"));
    }

    private static String uploaded(String path, String content) {
        upload(path, "user", content);
        return path;
    }

    private static void upload(String path, String user, String content) {
        assertThat(files.upload(path, user, content.getBytes(StandardCharsets.UTF_8))
                        .statusCode())
                .isEqualTo(200);
    }

    private static void refused(int status, String message, HttpResponse<byte[]> answer) {
        assertThat(text(answer)).isEqualTo("{\"code\":" + status + ",\"message\":\"" + message + "\"}\n");
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json; charset=utf-8");
    }

    private static byte[] mebibyte(int seed) {
        byte[] content = new byte[1 << 20];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + agent.pid() + "/fd"))) {
            return open.count();
        }
    }

    /// An upload that promises more than its client will send.
    private static Socket vanishing(String name) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), agent.port());
        socket.getOutputStream()
                .write(("POST /files?path=/tmp/" + name + " HTTP/1.1\r\nHost: a\r\n"
                                + "Content-Type: application/octet-stream\r\nContent-Length: 9000000\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private interface Check {
        boolean holds() throws IOException;
    }

    /// The agent hears of a client that left from its socket; we can only look again.
    private static void eventually(Check check) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(DESCRIPTORS_SETTLE_SECONDS);
        var never = new java.util.concurrent.CountDownLatch(1);
        while (!check.holds()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
        }
    }
}
