package ai.lelantos.envd.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.filesystem.FileType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Contract 3.2 and rows F1 to F5 of 9.2, and what is decided about names no client should send.
@Timeout(60)
class TreeIT {

    private static RealAgent agent;
    private static FilesClient root;
    private static FilesClient user;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.start();
        root = new FilesClient(agent.uri());
        user = root.as("user");
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @Test
    void aListingIsLexicalAndDepthFirstWithAbsolutePaths() {
        user.makeDir("lists/b/inner/deep");
        user.makeDir("lists/a");
        upload("lists/b/file.txt", "x");
        assertThat(paths("lists", 0)).containsExactly("/home/user/lists/a", "/home/user/lists/b");
        assertThat(paths("lists", 1)).isEqualTo(paths("lists", 0));
        assertThat(paths("lists", 2))
                .containsExactly(
                        "/home/user/lists/a",
                        "/home/user/lists/b",
                        "/home/user/lists/b/file.txt",
                        "/home/user/lists/b/inner");
        assertThat(paths("lists", 3)).hasSize(5).endsWith("/home/user/lists/b/inner/deep");
        assertThat(user.list("~/lists/b", 1).getFirst().getType()).isEqualTo(FileType.FILE_TYPE_FILE);
    }

    @Test
    void anEntrySaysWhatTheFileIs() {
        upload("entry.txt", "12345");
        EntryInfo entry = user.stat("entry.txt");
        assertThat(entry.getName()).isEqualTo("entry.txt");
        assertThat(entry.getPath()).isEqualTo("/home/user/entry.txt");
        assertThat(entry.getType()).isEqualTo(FileType.FILE_TYPE_FILE);
        assertThat(entry.getSize()).isEqualTo(5);
        assertThat(entry.getMode()).isEqualTo(0644);
        assertThat(entry.getPermissions()).isEqualTo("-rw-r--r--");
        assertThat(entry.getOwner()).isEqualTo("user");
        assertThat(entry.getGroup()).isEqualTo("user");
        assertThat(entry.getModifiedTime().getSeconds())
                .isCloseTo(Instant.now().getEpochSecond(), org.assertj.core.data.Offset.offset(60L));
        assertThat(entry.hasSymlinkTarget()).isFalse();
        EntryInfo folder = user.makeDir("entry-folder");
        assertThat(folder.getType()).isEqualTo(FileType.FILE_TYPE_DIRECTORY);
        assertThat(folder.getMode()).isEqualTo(0755);
        assertThat(folder.getPermissions()).isEqualTo("drwxr-xr-x");
    }

    @Test
    void permissionsHaveTheLettersOfTheContract() throws IOException {
        assertThat(user.stat("/tmp").getPermissions()).isEqualTo("dtrwxrwxrwx");
        assertThat(user.stat("/dev/null").getPermissions()).isEqualTo("Dcrw-rw-rw-");
        assertThat(user.stat("/dev/null").getType()).isEqualTo(FileType.FILE_TYPE_UNSPECIFIED);
        Path setuid = Files.createFile(agent.inside("/home/user/setuid"));
        assertThat(new ProcessBuilder("chmod", "4755", setuid.toString())
                        .start()
                        .onExit()
                        .join()
                        .exitValue())
                .isZero();
        assertThat(user.stat("setuid").getPermissions()).isEqualTo("urwxr-xr-x");
        assertThat(user.stat("setuid").getMode()).isEqualTo(0755);
    }

    @Test
    void aLinkShowsWhereItLeads() throws IOException {
        upload("target.txt", "abc");
        Files.createSymbolicLink(agent.inside("/home/user/link"), Path.of("target.txt"));
        Files.createSymbolicLink(agent.inside("/home/user/broken"), Path.of("nowhere"));
        Files.createSymbolicLink(agent.inside("/home/user/loop"), Path.of("loop"));
        EntryInfo link = user.stat("link");
        assertThat(link.getName()).isEqualTo("link");
        assertThat(link.getType()).isEqualTo(FileType.FILE_TYPE_FILE);
        assertThat(link.getSymlinkTarget()).isEqualTo("/home/user/target.txt");
        assertThat(link.getPermissions()).isEqualTo("Lrwxrwxrwx");
        assertThat(link.getMode()).isEqualTo(0644);
        for (String dead : List.of("broken", "loop")) {
            EntryInfo entry = user.stat(dead);
            assertThat(entry.getType()).isEqualTo(FileType.FILE_TYPE_UNSPECIFIED);
            assertThat(entry.getMode()).isZero();
            assertThat(entry.getSymlinkTarget()).isEqualTo("/home/user/" + dead);
        }
        assertThat(failure(() -> user.list("loop", 1)))
                .isEqualTo(ConnectError.of(
                        Code.FAILED_PRECONDITION, "cyclic symlink or chain >255 links at \"/home/user/loop\""));
        assertThat(failure(() -> user.list("broken", 1)).code()).isEqualTo(Code.NOT_FOUND);
    }

    @Test
    void aDirectoryIsMadeOnceWithItsParentsAndGivenToTheUser() {
        assertThat(user.makeDir("made/by/user").getOwner()).isEqualTo("user");
        assertThat(user.stat("made").getOwner()).isEqualTo("user");
        assertThat(failure(() -> user.makeDir("made")))
                .isEqualTo(ConnectError.of(Code.ALREADY_EXISTS, "directory already exists: /home/user/made"));
        upload("made/file", "");
        assertThat(failure(() -> user.makeDir("made/file")))
                .isEqualTo(ConnectError.of(
                        Code.INVALID_ARGUMENT, "path already exists but it is not a directory: /home/user/made/file"));
        assertThat(failure(() -> user.makeDir("made/file/below")))
                .isEqualTo(ConnectError.of(Code.INTERNAL, "path is a file: /home/user/made/file"));
    }

    @Test
    void aMoveMakesParentsAndReplaces() {
        upload("move/one", "1");
        upload("move/two", "2");
        assertThat(user.move("move/one", "moved/here/one").getPath()).isEqualTo("/home/user/moved/here/one");
        assertThat(user.stat("moved/here").getOwner()).isEqualTo("user");
        assertThat(user.move("move/two", "moved/here/one").getSize()).isEqualTo(1);
        assertThat(FilesClient.text(user.get(FilesClient.query("path", "/home/user/moved/here/one"))))
                .isEqualTo("2");
        ConnectError missing = failure(() -> user.move("move/one", "never/made"));
        assertThat(missing.code()).isEqualTo(Code.NOT_FOUND);
        assertThat(missing.message()).startsWith("source file not found: ");
        assertThat(failure(() -> user.stat("never")).code()).isEqualTo(Code.NOT_FOUND);
        assertThat(failure(() -> user.move("moved", "/proc/moved")).code()).isEqualTo(Code.INTERNAL);
    }

    @Test
    void removingIsRecursiveAndDoesNotFollowLinks() throws IOException {
        user.makeDir("kept/inner");
        user.makeDir("removed/a/b/c");
        upload("removed/a/file", "x");
        Files.createSymbolicLink(agent.inside("/home/user/removed/link"), Path.of("../kept"));
        user.remove("removed/");
        assertThat(failure(() -> user.stat("removed")).code()).isEqualTo(Code.NOT_FOUND);
        assertThat(user.stat("kept/inner").getType()).isEqualTo(FileType.FILE_TYPE_DIRECTORY);
        user.remove("removed");
        for (String nothing : List.of("/", "//", "kept/.", "/home/user/kept/..")) {
            if (nothing.startsWith("/")) {
                assertThat(failure(() -> user.remove(nothing)).code()).isEqualTo(Code.INVALID_ARGUMENT);
            }
        }
        assertThat(user.stat("kept/inner").getType()).isEqualTo(FileType.FILE_TYPE_DIRECTORY);
    }

    @Test
    void whatIsMissingSaysSo() {
        assertThat(failure(() -> user.stat("nope")).message()).startsWith("file not found: ");
        assertThat(failure(() -> user.list("nope", 1)).message()).startsWith("path not found: ");
        assertThat(failure(() -> user.list("/etc/passwd", 1)))
                .isEqualTo(ConnectError.of(Code.INVALID_ARGUMENT, "path is not a directory: /etc/passwd"));
        assertThat(failure(() -> user.stat("/etc/passwd/x")).code()).isEqualTo(Code.INTERNAL);
        assertThat(failure(() -> user.stat("~other/x")).message()).contains("cannot expand user-specific home dir");
        assertThat(failure(() -> root.as("nobody-here").stat("/")))
                .isEqualTo(ConnectError.of(Code.UNAUTHENTICATED, "invalid username: 'nobody-here'"));
    }

    @Test
    void aPathNoFileCanHaveIsTheClientsMistake() {
        String tooLong = "/" + "a/".repeat(2_047) + "bb";
        String longName = "/tmp/" + "n".repeat(256);
        upload("/tmp/source", "x");
        for (String bad : List.of("/tmp/a\0b", tooLong, longName)) {
            assertThat(failure(() -> user.stat(bad)).code()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(failure(() -> user.makeDir(bad)).code()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(failure(() -> user.remove(bad)).code()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(failure(() -> user.move("/tmp/source", bad)).code()).isEqualTo(Code.INVALID_ARGUMENT);
        }
        String longest = "/tmp" + "/.".repeat(2_045) + "/";
        assertThat(longest).hasSize(4_095);
        assertThat(user.stat(longest).getPath()).isEqualTo(longest);
    }

    @Test
    void dotsAreTakenToTheLetter() {
        user.makeDir("dots/inner");
        EntryInfo entry = user.stat("/home/user/dots/inner/../inner");
        assertThat(entry.getPath()).isEqualTo("/home/user/dots/inner/../inner");
        assertThat(user.stat("dots/inner/../../dots").getPath()).isEqualTo("/home/user/dots");
        assertThat(user.stat("../../../etc/passwd").getPath()).isEqualTo("/etc/passwd");
    }

    @Test
    void namesThatAreNoTextAreListedAndRemoved() throws IOException, InterruptedException {
        user.makeDir("bytes");
        Process touch = new ProcessBuilder(
                        "sh",
                        "-c",
                        "touch \"$1/$(printf 'a\\377b')\" \"$1/é\"",
                        "sh",
                        agent.inside("/home/user/bytes").toString())
                .start();
        assertThat(touch.waitFor()).isZero();
        assertThat(user.list("bytes", 1)).extracting(EntryInfo::getName).containsExactly("a\ufffdb", "é");
        assertThat(user.stat("bytes/é").getType()).isEqualTo(FileType.FILE_TYPE_FILE);
        user.remove("bytes");
        assertThat(failure(() -> user.stat("bytes")).code()).isEqualTo(Code.NOT_FOUND);
    }

    private static List<String> paths(String path, int depth) {
        return user.list(path, depth).stream().map(EntryInfo::getPath).toList();
    }

    private static void upload(String path, String text) {
        assertThat(user.upload(path, "user", text.getBytes(StandardCharsets.UTF_8))
                        .statusCode())
                .isEqualTo(200);
    }

    private static ConnectError failure(ThrowingCallable call) {
        return catchThrowableOfType(ConnectFailure.class, call).error();
    }
}
