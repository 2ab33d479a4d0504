package ai.lelantos.envd.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import ai.lelantos.protocol.filesystem.CreateWatcherRequest;
import ai.lelantos.protocol.filesystem.EventType;
import ai.lelantos.protocol.filesystem.FileType;
import ai.lelantos.protocol.filesystem.FilesystemEvent;
import ai.lelantos.protocol.filesystem.WatchDirRequest;
import ai.lelantos.protocol.filesystem.WatchDirResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Contract 3.2.4, rows F6 and F7 of 9.2, and a large tree whose log of events, replayed, is the tree.
@Timeout(120)
class WatchIT {

    private static final int FILES = 10_000;
    private static final int FOLDERS = 500;

    private static RealAgent agent;
    private static FilesClient user;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.start();
        user = new FilesClient(agent.uri()).as("user");
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @Test
    void aSmallNewFileIsExactlyThreeEvents() {
        user.makeDir("three/sub");
        for (boolean recursive : new boolean[] {false, true}) {
            String name = recursive ? "sub/deep.txt" : "flat.txt";
            String watcher = user.watch("three", recursive);
            assertThat(user.poll(watcher)).isEmpty();
            upload("three/" + name, "content");
            assertThat(told(user.poll(watcher))).containsExactly("CREATE " + name, "CHMOD " + name, "WRITE " + name);
            upload("three/" + name, "again");
            // Written, then cut: two changes of the file, which the kernel tells as one if nobody read the first.
            assertThat(told(user.poll(watcher)))
                    .startsWith("CHMOD " + name)
                    .containsOnly("CHMOD " + name, "WRITE " + name);
            assertThat(user.poll(watcher)).isEmpty();
            user.unwatch(watcher);
            assertThat(failure(watcher))
                    .isEqualTo(ConnectError.of(Code.NOT_FOUND, "watcher with id " + watcher + " not found"));
        }
    }

    @Test
    void aNewDirectoryAndWhatIsPutIntoItAtOnceAreSeen() {
        user.makeDir("fresh");
        String watcher = user.watch("fresh", true);
        user.makeDir("fresh/nested/below");
        upload("fresh/nested/file.txt", "content");
        List<String> told = told(user.poll(watcher));
        assertThat(told)
                .contains("CREATE nested", "CREATE nested/below", "CREATE nested/file.txt", "WRITE nested/file.txt")
                .filteredOn(line -> line.startsWith("CREATE"))
                .doesNotHaveDuplicates();
        user.move("fresh/nested", "fresh/renamed");
        upload("fresh/renamed/below/more", "x");
        assertThat(told(user.poll(watcher)))
                .startsWith("RENAME nested", "CREATE renamed")
                .contains("CREATE renamed/below/more");
        user.remove("fresh/renamed");
        assertThat(told(user.poll(watcher)))
                .containsOnlyOnce("REMOVE renamed", "REMOVE renamed/below", "REMOVE renamed/file.txt");
        user.unwatch(watcher);
    }

    @Test
    void aStreamStartsArmedAndTellsInOrderWithEntries() throws IOException {
        user.makeDir("stream");
        var request = WatchDirRequest.newBuilder()
                .setPath("stream")
                .setIncludeEntry(true)
                .setAllowNetworkMounts(true)
                .build();
        try (var stream = stream(user.rpc(), request)) {
            assertThat(stream.next().orElseThrow().hasStart()).isTrue();
            upload("stream/a.txt", "one");
            assertThat(next(stream).getType()).isEqualTo(EventType.EVENT_TYPE_CREATE);
            assertThat(next(stream).getType()).isEqualTo(EventType.EVENT_TYPE_CHMOD);
            FilesystemEvent write = next(stream);
            assertThat(write.getType()).isEqualTo(EventType.EVENT_TYPE_WRITE);
            assertThat(write.getEntry().getName()).isEqualTo("a.txt");
            assertThat(write.getEntry().getPath()).isEqualTo("/home/user/stream/a.txt");
            assertThat(write.getEntry().getType()).isEqualTo(FileType.FILE_TYPE_FILE);
            user.move("stream/a.txt", "stream/b.txt");
            FilesystemEvent rename = next(stream);
            assertThat(rename.getType()).isEqualTo(EventType.EVENT_TYPE_RENAME);
            assertThat(rename.getName()).isEqualTo("a.txt");
            assertThat(rename.hasEntry()).isFalse();
            assertThat(next(stream).getName()).isEqualTo("b.txt");
            user.makeDir("stream/quiet");
            assertThat(next(stream).getName()).isEqualTo("quiet");
        }
    }

    @Test
    void aQuietStreamSaysThatItLives() {
        user.makeDir("alive");
        var request = WatchDirRequest.newBuilder().setPath("alive").build();
        try (var stream = stream(user.rpc().header("Keepalive-Ping-Interval", "1"), request)) {
            assertThat(stream.next().orElseThrow().hasStart()).isTrue();
            assertThat(stream.next().orElseThrow().hasKeepalive()).isTrue();
        }
    }

    @Test
    void aStreamEndsAtItsDeadline() {
        user.makeDir("deadline");
        var request = WatchDirRequest.newBuilder().setPath("deadline").build();
        try (var stream = stream(user.rpc().header("Connect-Timeout-Ms", "300"), request)) {
            assertThat(stream.next().orElseThrow().hasStart()).isTrue();
            assertThat(catchThrowableOfType(ConnectFailure.class, stream::next)
                            .error()
                            .code())
                    .isEqualTo(Code.DEADLINE_EXCEEDED);
        }
    }

    @Test
    void onlyDirectoriesCanBeWatched() {
        upload("plain.txt", "x");
        assertThat(catchThrowableOfType(ConnectFailure.class, () -> user.watch("plain.txt", false))
                        .error())
                .isEqualTo(ConnectError.of(Code.INVALID_ARGUMENT, "path /home/user/plain.txt not a directory"));
        ConnectError missing = catchThrowableOfType(ConnectFailure.class, () -> user.watch("missing", true))
                .error();
        assertThat(missing.code()).isEqualTo(Code.NOT_FOUND);
        assertThat(missing.message()).startsWith("path /home/user/missing not found");
        try (var stream = stream(
                user.rpc(), WatchDirRequest.newBuilder().setPath("missing").build())) {
            assertThat(catchThrowableOfType(ConnectFailure.class, stream::next)
                            .error()
                            .code())
                    .isEqualTo(Code.NOT_FOUND);
        }
    }

    @Test
    void aNetworkMountIsWatchedOnlyByThoseWhoSayTheyKnow() throws Exception {
        user.makeDir("remote");
        Path script = Path.of(
                Objects.requireNonNull(WatchIT.class.getResource("fuse.py")).toURI());
        Process server = new ProcessBuilder(
                        "nsenter",
                        "-t",
                        Long.toString(agent.pid()),
                        "-m",
                        "python3",
                        "-c",
                        Files.readString(script),
                        "/home/user/remote")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var said = server.inputReader()) {
            assertThat(said.readLine()).isEqualTo("mounted");
            var request = CreateWatcherRequest.newBuilder().setPath("remote");
            assertThat(catchThrowableOfType(ConnectFailure.class, () -> user.watch(request.build()))
                            .error())
                    .isEqualTo(ConnectError.of(
                            Code.INVALID_ARGUMENT, "cannot watch path on network filesystem: /home/user/remote"));
            user.unwatch(user.watch(request.setAllowNetworkMounts(true).build()));
            assertThat(user.stat("remote").getType()).isEqualTo(FileType.FILE_TYPE_DIRECTORY);
        } finally {
            // Its mount is in the agent's namespace, and goes with it.
            server.destroyForcibly();
            assertThat(server.waitFor()).isNotZero();
        }
    }

    @Test
    void oneWatcherTooManyIsRefusedAndPlacesComeBack() {
        user.makeDir("many");
        var watchers = new ArrayList<String>();
        ConnectError full = null;
        while (full == null) {
            try {
                watchers.add(user.watch("many", false));
            } catch (ConnectFailure e) {
                full = e.error();
            }
        }
        assertThat(full.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(watchers).hasSizeBetween(20, 100).doesNotHaveDuplicates();
        watchers.forEach(user::unwatch);
        user.unwatch(user.watch("many", false));
    }

    @Test
    void aLogOfTenThousandFilesReplaysToTheTree() throws IOException {
        user.makeDir("large");
        String watcher = user.watch(CreateWatcherRequest.newBuilder()
                .setPath("large")
                .setRecursive(true)
                .build());
        Path root = agent.inside("/home/user/large");
        var replayed = new TreeSet<String>();
        var random = new Random(11);
        var folders = new ArrayList<Path>(List.of(root));
        var files = new ArrayList<Path>();
        for (int i = 0; i < FILES; i++) {
            if (i % (FILES / FOLDERS) == 0) {
                Path parent = folders.get(random.nextInt(folders.size()));
                folders.add(Files.createDirectory(parent.resolve("d" + i)));
            }
            Path file = folders.get(random.nextInt(folders.size())).resolve("f" + i);
            files.add(Files.writeString(file, "1"));
            if (i % 3 == 0) {
                Path other = files.get(random.nextInt(files.size()));
                if (Files.exists(other)) {
                    Files.writeString(other, "changed");
                }
            }
            if (i % 4 == 0) {
                Path to = folders.get(random.nextInt(folders.size())).resolve("r" + i);
                files.set(i, Files.move(file, to, StandardCopyOption.ATOMIC_MOVE));
            }
            if (i % 5 == 0) {
                Files.deleteIfExists(files.get(random.nextInt(files.size())));
            }
            if (i % 500 == 0) {
                replay(user.poll(watcher), replayed);
            }
        }
        replay(user.poll(watcher), replayed);
        assertThat(replayed).isEqualTo(tree(root));
        user.unwatch(watcher);
        user.remove("large");
    }

    /// An event that does not fit what went before is one missed or told twice.
    private static void replay(List<FilesystemEvent> events, Set<String> tree) {
        for (FilesystemEvent event : events) {
            switch (event.getType()) {
                case EVENT_TYPE_CREATE ->
                    assertThat(tree.add(event.getName()))
                            .as("created once: %s", event.getName())
                            .isTrue();
                case EVENT_TYPE_REMOVE, EVENT_TYPE_RENAME ->
                    assertThat(tree.remove(event.getName()))
                            .as("gone once: %s", event.getName())
                            .isTrue();
                case EVENT_TYPE_WRITE, EVENT_TYPE_CHMOD -> assertThat(tree).contains(event.getName());
                case EVENT_TYPE_UNSPECIFIED, UNRECOGNIZED -> throw new AssertionError(event);
            }
        }
    }

    private static Set<String> tree(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            var names = new TreeSet<String>();
            all.filter(path -> !path.equals(root))
                    .forEach(path -> names.add(root.relativize(path).toString()));
            return names;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static AgentClient.Answers<WatchDirResponse> stream(AgentClient client, WatchDirRequest request) {
        return client.stream("/filesystem.Filesystem/WatchDir", request, WatchDirResponse.getDefaultInstance());
    }

    private static FilesystemEvent next(AgentClient.Answers<WatchDirResponse> stream) {
        return stream.next().orElseThrow().getFilesystem();
    }

    private static ConnectError failure(String watcher) {
        return catchThrowableOfType(ConnectFailure.class, () -> user.poll(watcher))
                .error();
    }

    private static List<String> told(List<FilesystemEvent> events) {
        return events.stream()
                .map(event -> event.getType().name().substring("EVENT_TYPE_".length()) + " " + event.getName())
                .toList();
    }

    private static void upload(String path, String text) {
        assertThat(user.upload(path, "user", text.getBytes(StandardCharsets.UTF_8))
                        .statusCode())
                .isEqualTo(200);
    }
}
