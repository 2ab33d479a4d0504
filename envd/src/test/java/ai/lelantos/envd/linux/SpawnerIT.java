package ai.lelantos.envd.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.envd.testing.SpawnHelper;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The native layer alone, in this JVM: needs root, as the agent does.
class SpawnerIT {

    private static final User NOBODY = new User("nobody", 65534, 65534, "/", "/bin/sh", List.of(65534, 12345));
    private static final List<String> ENVIRONMENT = List.of("PATH=/usr/bin:/bin", "GREETING=grüß dich");

    private static Loop loop;
    private static Spawner spawner;

    @BeforeAll
    static void startLoop() throws Errno {
        loop = Loop.start("test-loop");
        spawner = new Spawner(loop, SpawnHelper.binary());
    }

    @AfterAll
    static void stopLoop() {
        loop.close();
    }

    @Test
    void theCommandIsTheUserInEveryRespect() throws Errno {
        String status = Heard.of(start("cat", "/proc/self/status")).stdout();
        assertThat(status)
                .contains("Uid:\t65534\t65534\t65534\t65534")
                .contains("Gid:\t65534\t65534\t65534\t65534")
                .containsPattern("Groups:\t12345 65534 ?\n")
                .contains("CapEff:\t0000000000000000")
                .contains("CapPrm:\t0000000000000000")
                .contains("CapAmb:\t0000000000000000")
                .contains("SigBlk:\t0000000000000000")
                .contains("SigIgn:\t0000000000000000");
    }

    @Test
    void onlyTheThreeStandardDescriptorsAreInherited() throws Errno {
        // The fourth is the listing's own.
        assertThat(Heard.of(start("ls", "/proc/self/fd")).stdout()).isEqualTo("0\n1\n2\n3\n");
    }

    @Test
    void theEnvironmentAndDirectoryAreTheCommands() throws Errno {
        assertThat(Heard.of(start("sh", "-c", "echo $GREETING; pwd; umask")).stdout())
                .isEqualTo("grüß dich\n/\n0022\n");
    }

    @Test
    void thePidIsTheCommandsOwn() throws Errno {
        NativeProcess process = start("sh", "-c", "echo $$");
        assertThat(Heard.of(process).stdout()).isEqualTo(process.pid() + "\n");
    }

    @Test
    void exitAndSignalDifferInTheWaitStatus() throws Errno {
        WaitStatus exited = Heard.of(start("sh", "-c", "exit 137")).status();
        assertThat(exited.exited()).isTrue();
        assertThat(exited.code()).isEqualTo(137);
        WaitStatus killed = Heard.of(start("sh", "-c", "kill -9 $$")).status();
        assertThat(killed.exited()).isFalse();
        assertThat(killed.signal()).isEqualTo(9);
    }

    @Test
    void aCommandThatIsNotThereSaysSoLikeAShell() throws Errno {
        Heard heard = Heard.of(start("no-such-command"));
        assertThat(heard.text(NativeProcess.Stream.STDERR)).isEqualTo("no-such-command: not found\n");
        assertThat(heard.status().code()).isEqualTo(127);
    }

    @Test
    void aFileThatIsNotExecutableIs126() throws Errno {
        Heard heard = Heard.of(start("/etc/passwd"));
        assertThat(heard.text(NativeProcess.Stream.STDERR)).isEqualTo("/etc/passwd: Permission denied\n");
        assertThat(heard.status().code()).isEqualTo(126);
    }

    @Test
    void aScriptWithoutAnInterpreterLineIsTheShells(@TempDir Path folder) throws Exception {
        Path script = folder.resolve("script");
        Files.writeString(script, "echo \"$0 got $1 and $2\"\n");
        Files.setPosixFilePermissions(script, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        User root = new User("root", 0, 0, "/", "/bin/sh", List.of(0));
        assertThat(Heard.of(start(root, "/", script.toString(), "one", "two words"))
                        .stdout())
                .isEqualTo(script + " got one and two words\n");
    }

    @Test
    void aDirectoryIsEnteredAsTheUser(@TempDir Path folder) throws Exception {
        Files.setPosixFilePermissions(folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
        assertThatThrownBy(() -> start(NOBODY, folder.toString(), "true"))
                .isInstanceOfSatisfying(Errno.class, e -> assertThat(e.number()).isEqualTo(Errno.EACCES))
                .hasMessage("chdir " + folder + ": permission denied");
        assertThatThrownBy(() -> start(NOBODY, "/etc/passwd", "true"))
                .isInstanceOfSatisfying(Errno.class, e -> assertThat(e.number()).isEqualTo(Errno.ENOTDIR));
    }

    @Test
    void anArgumentNoKernelTakesIsAnErrorOfTheSpawn() {
        assertThatThrownBy(() -> start("echo", "x".repeat(1 << 20)))
                .isInstanceOfSatisfying(Errno.class, e -> assertThat(e.number()).isEqualTo(Errno.E2BIG));
        assertThatThrownBy(() -> start("echo", "a\0b"))
                .isInstanceOfSatisfying(Errno.class, e -> assertThat(e.number()).isEqualTo(Errno.EINVAL));
    }

    @Test
    void inputLargerThanAnyPipeArrivesWhole() throws Errno {
        NativeProcess process = spawner.spawn(command(NOBODY, "/", true, "wc", "-c"));
        Heard heard = Heard.of(process);
        Outflow input = process.input().orElseThrow();
        byte[] much = new byte[5_000_000];
        var first = input.write(ByteBuffer.wrap(much));
        var second = input.write(ByteBuffer.wrap("tail".getBytes(StandardCharsets.UTF_8)));
        input.close().join();
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
        assertThat(heard.stdout().strip()).isEqualTo("5000004");
    }

    @Test
    void inputNobodyReadsCanBeCancelledAndFailsWithTheProcess() throws Errno {
        NativeProcess process = spawner.spawn(command(NOBODY, "/", true, "sleep", "100"));
        Heard heard = Heard.of(process);
        Outflow input = process.input().orElseThrow();
        var cancelled = input.write(ByteBuffer.wrap(new byte[1 << 20]));
        var waiting = input.write(ByteBuffer.wrap(new byte[1 << 20]));
        assertThat(cancelled.cancel(false)).isTrue();
        assertThat(process.signal(9).join()).isTrue();
        assertThat(heard.status().signal()).isEqualTo(9);
        assertThatThrownBy(waiting::join).hasRootCauseMessage("write: broken pipe");
        assertThat(process.signal(9).join()).isFalse();
    }

    @Test
    void aTerminalIsControllingHasItsSizeAndBelongsToTheUser() throws Errno {
        NativeProcess process = onTerminal("tty; stty size; ps -o tpgid= -p $$; stat -c %u $(tty); exit 3");
        Heard heard = Heard.of(process);
        List<String> lines = heard.text(NativeProcess.Stream.TERMINAL)
                .lines()
                .map(String::strip)
                .toList();
        assertThat(lines.getFirst()).startsWith("/dev/pts/");
        assertThat(lines.subList(1, lines.size()))
                .containsExactly("24 80", Integer.toString(process.pid()), Integer.toString(NOBODY.uid()));
        assertThat(heard.status().code()).isEqualTo(3);
    }

    @Test
    void aTerminalCanBeResizedWhileItIsThere() throws Errno {
        NativeProcess process = onTerminal("read line; stty size");
        Heard heard = Heard.of(process);
        assertThat(process.resize(new Command.Size(100, 30)).join()).isTrue();
        Outflow keyboard = process.input().orElseThrow();
        keyboard.write(ByteBuffer.wrap("go\n".getBytes(StandardCharsets.UTF_8))).join();
        assertThat(heard.text(NativeProcess.Stream.TERMINAL)).isEqualTo("go\r\n30 100\r\n");
        assertThat(heard.status().code()).isZero();
        assertThat(process.resize(new Command.Size(90, 30)).join()).isFalse();
    }

    @Test
    void nothingOfAnEndedProcessStaysOpen() throws Exception {
        int before = openDescriptors();
        for (int i = 0; i < 50; i++) {
            NativeProcess process = spawner.spawn(command(NOBODY, "/", true, "echo", "x"));
            Heard heard = Heard.of(process);
            assertThat(heard.stdout()).isEqualTo("x\n");
            assertThat(heard.text(NativeProcess.Stream.STDERR)).isEmpty();
            assertThat(heard.status().code()).isZero();
            loop.execute(process::release);
        }
        assertThatThrownBy(() -> start(NOBODY, "/no/such/place", "true")).isInstanceOf(Errno.class);
        var settled = new java.util.concurrent.CompletableFuture<Void>();
        loop.execute(() -> settled.complete(null));
        settled.join();
        assertThat(openDescriptors()).isLessThanOrEqualTo(before + 1);
    }

    private static int openDescriptors() throws Exception {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return (int) all.count();
        }
    }

    private static NativeProcess onTerminal(String script) throws Errno {
        return spawner.spawn(new Command(
                List.of("sh", "-c", script),
                ENVIRONMENT,
                NOBODY,
                "/",
                Optional.of(new Command.Size(80, 24)),
                true,
                Optional.empty()));
    }

    private static NativeProcess start(String... arguments) throws Errno {
        return start(NOBODY, "/", arguments);
    }

    private static NativeProcess start(User user, String directory, String... arguments) throws Errno {
        return spawner.spawn(command(user, directory, false, arguments));
    }

    private static Command command(User user, String directory, boolean stdin, String... arguments) {
        return new Command(List.of(arguments), ENVIRONMENT, user, directory, Optional.empty(), stdin, Optional.empty());
    }
}
