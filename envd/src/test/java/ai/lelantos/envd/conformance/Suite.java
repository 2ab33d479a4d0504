package ai.lelantos.envd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// The official runner: installed by Go at a pinned version, then let loose on a program of ours.
final class Suite {

    /// The newest version whose own dependencies could all be fetched when this was written.
    static final String VERSION = "v1.0.5";

    private static final String TOOL = "connectrpc.com/conformance/cmd/connectconformance@" + VERSION;
    private static final int INSTALL_SECONDS_MAX = 300;
    private static final int RUN_SECONDS_MAX = 600;
    private static final Pattern COUNTS = Pattern.compile("Total cases: (\\d+)\\s+(\\d+) passed, (\\d+) failed");

    private static final Path CONFIGURATION = Path.of("src/test/conformance");
    private static final Path WORK = Path.of("target/conformance").toAbsolutePath();

    private Suite() {}

    /// What a run said of itself.
    record Counts(int total, int passed, int failed, String report) {}

    /// Runs every case of a mode against a main class of ours.
    static Counts run(String mode, Class<?> program) throws IOException, InterruptedException {
        Path runner = installed();
        List<String> command = new ArrayList<>(List.of(
                runner.toString(),
                "--mode",
                mode,
                "--conf",
                CONFIGURATION.resolve(mode + ".yaml").toString(),
                "--known-failing",
                "@" + CONFIGURATION.resolve(mode + "-known-failing.txt"),
                "--max-servers",
                "1", // several JVMs that start at once on a busy machine outlast the runner's patience
                "--"));
        command.addAll(java(program));
        Path report = WORK.resolve(mode + ".txt");
        int exit = execute(command, report, WORK.resolve(mode + ".err"), RUN_SECONDS_MAX);
        String text = Files.readString(report);
        Matcher counts = COUNTS.matcher(text);
        assertThat(counts.find())
                .as("the runner's summary in %s:%n%s", report, text)
                .isTrue();
        System.out.println("conformance " + VERSION + ", " + mode + " under test: " + counts.group());
        assertThat(exit)
                .as("exit code of the runner, whose report is:%n%s", text)
                .isZero();
        return new Counts(
                Integer.parseInt(counts.group(1)),
                Integer.parseInt(counts.group(2)),
                Integer.parseInt(counts.group(3)),
                text);
    }

    /// The runner, installed once per clean tree; without Go, or without a way to fetch it, the test says so and ends.
    private static synchronized Path installed() throws IOException, InterruptedException {
        Path bin = WORK.resolve(VERSION);
        Path runner = bin.resolve("connectconformance");
        if (Files.isExecutable(runner)) {
            return runner;
        }
        Optional<Path> go = onPath("go");
        if (go.isEmpty()) {
            return notRun("there is no go on the PATH");
        }
        Files.createDirectories(bin);
        Path log = WORK.resolve("install.txt");
        var install = new ProcessBuilder(go.get().toString(), "install", TOOL);
        install.environment().put("GOBIN", bin.toString());
        int exit = finish(install.redirectErrorStream(true).redirectOutput(log.toFile()), INSTALL_SECONDS_MAX);
        return exit == 0 ? runner : notRun("go install " + TOOL + " failed:\n" + Files.readString(log));
    }

    private static Path notRun(String why) {
        String said = "CONFORMANCE DID NOT RUN: " + why;
        System.out.println(said);
        return Assumptions.abort(said);
    }

    private static Optional<Path> onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static List<String> java(Class<?> program) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dio.netty.leakDetection.level=paranoid",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName());
    }

    private static int execute(List<String> command, Path out, Path err, int secondsMax)
            throws IOException, InterruptedException {
        return finish(new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()), secondsMax);
    }

    private static int finish(ProcessBuilder builder, int secondsMax) throws IOException, InterruptedException {
        Process process = builder.start();
        try {
            assertThat(process.waitFor(secondsMax, TimeUnit.SECONDS))
                    .as("%s within %d seconds", builder.command().getFirst(), secondsMax)
                    .isTrue();
            return process.exitValue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
