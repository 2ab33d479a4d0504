package ai.lelantos.envd.files;

import static ai.lelantos.envd.testing.FilesClient.query;
import static ai.lelantos.envd.testing.FilesClient.text;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.OpenFile;
import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.filesystem.EventType;
import ai.lelantos.protocol.filesystem.FilesystemEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A file that is there gets a new content whole, or keeps the old one. Contract 4.6.
@Timeout(120)
class OverwriteIT {

    private static final int SETTLE_SECONDS = 20;
    private static final byte[] OLD = bytes(300_000, 1);
    private static final byte[] NEW = bytes(3_000_000, 2);

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

    /// Ways in which the same bytes come.
    enum Form {
        RAW("application/octet-stream", "Content-Length: 3000000\r\n") {
            @Override
            byte[] body() {
                return NEW;
            }
        },
        CHUNKED("application/octet-stream", "Transfer-Encoding: chunked\r\n") {
            @Override
            byte[] body() {
                return join(ascii("2dc6c0\r\n"), NEW, ascii("\r\n"));
            }
        },
        MULTIPART("multipart/form-data; boundary=edge", "Content-Length: 3000500\r\n") {
            @Override
            byte[] body() {
                return join(
                        ascii("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"), NEW);
            }
        },
        GZIP("application/octet-stream", "Content-Encoding: gzip\r\nContent-Length: 3000000\r\n") {
            @Override
            byte[] body() throws IOException {
                var packed = new ByteArrayOutputStream();
                try (var gzip = new GZIPOutputStream(packed)) {
                    gzip.write(NEW);
                }
                return packed.toByteArray();
            }
        };

        private final String type;
        private final String headers;

        Form(String type, String headers) {
            this.type = type;
            this.headers = headers;
        }

        abstract byte[] body() throws IOException;
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    void aClientThatVanishesMidwayLeavesTheFileAsItWas(Form form) throws Exception {
        String folder = "/home/user/vanish-" + form.name().toLowerCase(Locale.ROOT);
        Path file = old(folder + "/file");
        List<Object> before = facts(file);
        long descriptors = descriptors().size();
        byte[] body = form.body();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), agent.port())) {
            var out = socket.getOutputStream();
            out.write(ascii("POST " + query("path", folder + "/file", "username", "root") + " HTTP/1.1\r\nHost: a\r\n"
                    + "Content-Type: " + form.type + "\r\nX-Metadata-Mark: new\r\n" + form.headers + "\r\n"));
            out.write(body, 0, body.length / 2);
            out.flush();
            eventually(() -> gathered() > 1_000_000);
            assertThat(facts(file)).isEqualTo(before);
        }
        eventually(() -> descriptors().size() <= descriptors && gathered() < 0);
        assertThat(facts(file)).isEqualTo(before);
        assertThat(files.stat(folder + "/file").getMetadataMap()).isEqualTo(Map.of("mark", "old"));
        try (Stream<Path> left = Files.list(agent.inside(folder))) {
            assertThat(left.map(path -> path.getFileName().toString())).containsExactly("file");
        }
    }

    @Test
    void theFileStaysTheSameWhateverTheLengths() throws IOException {
        Path file = old("/home/user/same/file");
        Path second = Files.createLink(agent.inside("/home/user/same/second-name"), file);
        Object inode = Files.getAttribute(file, "unix:ino");
        for (int length : List.of(3_000_000, 200_000, 200_000, 10, 100_000, 0, 1_000_000)) {
            byte[] content = bytes(length, length);
            assertThat(files.upload("/home/user/same/file", "root", content).statusCode())
                    .isEqualTo(200);
            assertThat(Files.readAllBytes(second)).isEqualTo(content);
        }
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(0);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        assertThat(files.stat("/home/user/same/file").getMetadataMap()).isEmpty();
    }

    @Test
    void watchersHearOfTheFileAndOfNothingElse() throws IOException {
        Path _ = old("/home/user/heard/file");
        String watcher = files.watch("/home/user/heard", false);
        for (byte[] content : List.of(NEW, bytes(10, 1))) {
            assertThat(files.upload("/home/user/heard/file", "user", content).statusCode())
                    .isEqualTo(200);
            List<FilesystemEvent> events = files.poll(watcher);
            assertThat(events).extracting(FilesystemEvent::getName).containsOnly("file");
            assertThat(events.getFirst().getType()).isEqualTo(EventType.EVENT_TYPE_CHMOD);
            assertThat(events)
                    .extracting(FilesystemEvent::getType)
                    .contains(EventType.EVENT_TYPE_WRITE)
                    .doesNotContain(EventType.EVENT_TYPE_CREATE, EventType.EVENT_TYPE_REMOVE);
        }
        files.unwatch(watcher);
    }

    @Test
    void aFullDiskLeavesTheOldContentAndItsOwner() throws Exception {
        inside("mkdir -p /tmp/small && mount -t tmpfs -o size=1m tmpfs /tmp/small");
        Path file = old("/tmp/small/file");
        // The body itself finds no room; then it does, but not what the file would have to grow by.
        List<Object> before = whole(file);
        full(files.upload("/tmp/small/file", "root", bytes(2_000_000, 3)), 2_000_000);
        full(files.upload("/tmp/small/file", "root", bytes(600_000, 4)), 600_000);
        assertThat(whole(file)).isEqualTo(before);
        // And a small body, which waits in memory, finds none at all.
        inside("printf small > /tmp/small/tiny; chown 1000 /tmp/small/tiny;"
                + " head -c 2000000 /dev/zero > /tmp/small/filler || true");
        Path tiny = agent.inside("/tmp/small/tiny");
        before = whole(tiny);
        full(files.upload("/tmp/small/tiny", "root", bytes(100_000, 5)), 100_000);
        assertThat(whole(tiny)).isEqualTo(before);
        inside("rm /tmp/small/filler");
        assertThat(files.upload("/tmp/small/file", "user", bytes(400_000, 6)).statusCode())
                .isEqualTo(200);
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes(400_000, 6));
    }

    @Test
    void aFileInAFolderThatTakesNoOthersIsOverwrittenAllTheSame() throws Exception {
        Path file = old("/home/user/lent");
        inside("mkdir -p /tmp/closed && mount -t tmpfs tmpfs /tmp/closed && touch /tmp/closed/file"
                + " && mount --bind /home/user/lent /tmp/closed/file && mount -o remount,ro,bind /tmp/closed");
        assertThat(files.upload("/tmp/closed/file", "user", NEW).statusCode()).isEqualTo(200);
        assertThat(Files.readAllBytes(file)).isEqualTo(NEW);
    }

    @Test
    void whereEveryFileNeedsANameOneLosesItAtOnce() throws IOException {
        Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "nameless-");
        try (var file = OpenFile.unlinked(FilePath.of(folder.resolve("x").toString()))) {
            assertThat(folder).isEmptyDirectory();
            var bytes = ByteBuffer.allocateDirect(5);
            file.write(bytes.put(ascii("hello")).flip());
            assertThat(file.read(bytes.clear(), 0)).isEqualTo(5);
            assertThat(StandardCharsets.US_ASCII.decode(bytes.flip()).toString())
                    .isEqualTo("hello");
        } finally {
            Files.delete(folder);
        }
    }

    /// A file of the user's, not readable by all, with an attribute.
    private static Path old(String path) throws IOException {
        assertThat(files.upload(path, "user", OLD, "X-Metadata-Mark", "old").statusCode())
                .isEqualTo(200);
        Path file = agent.inside(path);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    /// Everything about a file that an untouched one keeps.
    private static List<Object> facts(Path file) throws IOException {
        Map<String, Object> all = Files.readAttributes(file, "unix:lastModifiedTime,ctime");
        return List.of(new TreeMap<>(all), whole(file));
    }

    private static List<Object> whole(Path file) throws IOException {
        Map<String, Object> all = Files.readAttributes(file, "unix:ino,uid,gid,mode,size,nlink");
        return List.of(new TreeMap<>(all), Arrays.hashCode(Files.readAllBytes(file)));
    }

    private static void full(HttpResponse<byte[]> answer, int length) {
        assertThat(text(answer)).contains("attempted to write " + length + " bytes: not enough disk space available");
        assertThat(answer.statusCode()).isEqualTo(507);
    }

    private static void inside(String script) throws IOException, InterruptedException {
        var pid = Long.toString(agent.pid());
        Process shell = new ProcessBuilder("nsenter", "-t", pid, "-m", "sh", "-ec", script)
                .inheritIO()
                .start();
        assertThat(shell.waitFor()).isZero();
    }

    private static List<Path> descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + agent.pid() + "/fd"))) {
            return open.toList();
        }
    }

    /// How much waits in a nameless file of the agent; -1 when there is none.
    private static long gathered() throws IOException {
        for (Path descriptor : descriptors()) {
            try {
                if (Files.readSymbolicLink(descriptor).toString().matches(".*/#\\d+ \\(deleted\\)")) {
                    return Files.size(descriptor);
                }
            } catch (NoSuchFileException _) {
                // Closed since they were listed.
            }
        }
        return -1;
    }

    private interface Check {
        boolean holds() throws IOException;
    }

    /// The agent tells nobody how much it has; we can only look again.
    private static void eventually(Check check) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
        var never = new CountDownLatch(1);
        while (!check.holds()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
        }
    }

    private static byte[] bytes(int length, int seed) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return content;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] join(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
