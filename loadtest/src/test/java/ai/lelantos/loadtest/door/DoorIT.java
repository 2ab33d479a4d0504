package ai.lelantos.loadtest.door;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.loadtest.clients.Tool;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever is wrong with the machine or the settings, `./lelantos` says it in one sentence and leaves with an error.
/// What is taken away is taken away in a mount namespace of the test's own.
class DoorIT {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    Path work;

    private Path home = Path.of("");

    @BeforeEach
    void homeBesideThePreparedImages() throws IOException {
        home = Files.createDirectories(work.resolve("home"));
        for (String shared : List.of("images", "agent")) {
            Files.createSymbolicLink(home.resolve(shared), prepared().resolve(shared));
        }
    }

    @Test
    void helpIsTheHeaderOfTheScript() throws IOException {
        String header = Files.readString(root().resolve("lelantos"));
        String help = knock("", "help").fine();
        assertThat(help).contains("./lelantos up", "./lelantos doctor", "LELANTOS_HOME");
        help.lines().forEach(line -> assertThat(header).contains(line));
        assertThat(knock("").fine()).isEqualTo(help);
    }

    @Test
    void anUnknownCommandIsRefused() {
        refused(knock("", "upp"), "there is no 'upp'", "help");
        refused(knock("", "up", "--detatch"), "'--detatch'", "--detach");
        refused(knock("", "down", "now"), "'now'");
    }

    @Test
    void withoutAJdkItSaysWhichAndHow() throws IOException {
        Path none = Files.createDirectory(work.resolve("none"));
        String hidden = "mount --bind " + none + " /usr/lib/jvm; unset JAVA_HOME";
        refused(knock(hidden, "up", "--detach"), "no JDK 25", "install", "JAVA_HOME");
        Tool doctor = knock(hidden, "doctor");
        assertThat(doctor.code()).isEqualTo(1);
        assertThat(doctor.output())
                .containsPattern("(?m)^missing +JDK 25: type ")
                .containsPattern("(?m)^ok +root$");
    }

    @Test
    void anotherJdkInJavaHomeIsPassedOver() throws IOException {
        Path old = Files.createDirectories(work.resolve("jdk/bin"));
        for (String program : List.of("javac", "jlink")) {
            assertThat(Files.createFile(old.resolve(program)).toFile().setExecutable(true))
                    .isTrue();
        }
        Files.writeString(work.resolve("jdk/release"), "JAVA_VERSION=\"17.0.1\"\n");
        assertThat(knock("export JAVA_HOME=" + work.resolve("jdk"), "doctor").output())
                .containsPattern("(?m)^ok +JDK 25: /");
    }

    @Test
    void withoutRootItSaysWhy() {
        Tool tool = Tool.run(
                work,
                Map.of("HOME", "/nonexistent"),
                LIMIT,
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", door(), "up", "--detach"));
        refused(tool, "needs root", "sudo ./lelantos up");
    }

    @Test
    void withoutAnOciRuntimeItSaysWhatToInstall() {
        // Neither there nor to be had: every other program stays, apt-get only fails.
        String hidden =
                "mkdir bin; ln -sf /usr/sbin/* /usr/bin/* bin; rm -f bin/crun bin/runc; ln -sf /bin/false bin/apt-get;"
                        + " export PATH=$PWD/bin";
        refused(knock(hidden, "up", "--detach"), "could not install", "apt-get install -y", "crun");
    }

    @Test
    void withoutOverlayfsItSaysSo() throws IOException {
        Path kernel = Files.writeString(work.resolve("filesystems"), "\text4\n");
        refused(
                knock("mount --bind " + kernel + " /proc/filesystems", "up", "--detach"),
                "no overlayfs",
                "modprobe overlay");
    }

    @Test
    void aFullDiskIsRefused() {
        String full = "mount -t tmpfs -o size=8m none " + home;
        refused(knock(full, "up", "--detach"), "MB free", "LELANTOS_HOME");
    }

    @Test
    void aHomeThatCannotBeMadeIsRefused() throws IOException {
        Path file = Files.createFile(work.resolve("file"));
        refused(
                knock("export LELANTOS_HOME=" + file.resolve("home"), "up", "--detach"),
                "cannot be made",
                "LELANTOS_HOME");
    }

    @Test
    void aPortThatIsTakenIsRefused() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(
                    knock("export LELANTOS_PORT=" + taken.getLocalPort(), "up", "--detach"),
                    Integer.toString(taken.getLocalPort()),
                    "LELANTOS_PORT");
        }
    }

    /// What answers is asked whose it is: the door never takes another program's word for its own server's.
    @Test
    void aPortWhereAnotherProgramSaysThatItIsHealthyIsRefused() throws IOException {
        HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        other.createContext("/health", exchange -> {
            exchange.getResponseHeaders().set("Lelantos-Home", "another");
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        other.start();
        try {
            String port = Integer.toString(other.getAddress().getPort());
            refused(knock("export LELANTOS_PORT=" + port, "up", "--detach"), port, "LELANTOS_PORT");
        } finally {
            other.stop(0);
        }
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsRefused() throws IOException {
        String url = "postgresql://user:secret@127.0.0.1:" + freePort() + "/lelantos";
        Tool tool = knock("export LELANTOS_PORT=" + freePort() + " LELANTOS_DATABASE_URL=" + url, "up", "--detach");
        refused(tool, "database", "LELANTOS_DATABASE_URL");
        assertThat(tool.output()).doesNotContain("secret");
    }

    @Test
    void anUnknownSettingIsRefusedWithTheNearestRightName() {
        refused(knock("export LELANTOS_PROT=3001", "up", "--detach"), "LELANTOS_PROT", "LELANTOS_PORT");
        refused(knock("export LELANTOS_PROT=3001", "config"), "LELANTOS_PROT", "LELANTOS_PORT");
    }

    @Test
    void settingsAreShownWithoutTheirSecrets() {
        String shown = knock("export LELANTOS_PORT=3999 LELANTOS_API_KEY=e2b_00112233445566778899", "config")
                .fine();
        assertThat(shown).contains("LELANTOS_PORT=3999").doesNotContain("0011223344");
    }

    @Test
    void beforeUpTheOtherCommandsSayWhatToType() {
        refused(knock("", "logs"), "./lelantos up --detach");
        assertThat(knock("", "down").fine()).contains("not up");
    }

    /// Ended on purpose by the sentence: an error, nothing of a stack trace, and the sentence last.
    private static void refused(Tool tool, String... words) {
        assertThat(tool.code()).as(tool.output()).isEqualTo(1);
        assertThat(tool.output()).doesNotContain("\tat ").doesNotContain("Exception");
        String last = tool.output().strip().lines().toList().getLast();
        assertThat(last).contains(words);
    }

    /// The door in a mount namespace of its own, after `change` was made there.
    private Tool knock(String change, String... arguments) {
        var settings = new HashMap<>(Map.of("LELANTOS_HOME", home.toString()));
        var line = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private", "bash", "-c"));
        line.add("set -e; " + (change.isEmpty() ? "" : change + "; ") + "exec \"$0\" \"$@\"");
        line.add(door());
        line.addAll(List.of(arguments));
        return Tool.run(work, settings, LIMIT, line);
    }

    private static Path prepared() {
        return Path.of(Objects.requireNonNullElse(System.getenv("LELANTOS_TEST_HOME"), "/var/lib/lelantos"));
    }

    private static String door() {
        return root().resolve("lelantos").toString();
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("mvnw"))) {
            here = Objects.requireNonNull(here.getParent(), "no mvnw above the working directory");
        }
        return here;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
