package ai.lelantos.envd.linux;

import ai.lelantos.envd.testing.SpawnHelper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;

/// Measures what starting a program costs: in C, with the JDK, with ours. Prints the table of docs/spawn.md.
///
/// Run as root in the module's folder, with the test class path: `java ai.lelantos.envd.linux.SpawnBench [times]`.
final class SpawnBench {

    private static final User NOBODY = new User("nobody", 65534, 65534, "/", "/bin/sh", List.of(65534));
    private static final User ROOT = new User("root", 0, 0, "/", "/bin/sh", List.of(0));
    private static final String PATH = "PATH=/usr/bin:/bin";
    private static final Map<String, List<String>> PROGRAMS =
            Map.of("/bin/true", List.of("/bin/true"), "bash -l -c true", List.of("/bin/bash", "-l", "-c", "true"));

    private SpawnBench() {}

    public static void main(String[] args) throws Exception {
        int times = args.length > 0 ? Integer.parseInt(args[0]) : 400;
        Loop loop = Loop.start("bench");
        var spawner = new Spawner(loop, SpawnHelper.binary());
        Path floor = compileFloor();
        System.out.println("| started by | program | p50 us | p90 us |");
        System.out.println("|---|---|---:|---:|");
        for (String program : List.of("/bin/true", "bash -l -c true")) {
            List<String> command = Objects.requireNonNull(PROGRAMS.get(program));
            row("C posix_spawn, same user", program, floor(floor, times, command));
            row("ours, as root", program, measure(times, () -> ours(spawner, ROOT, false, command)));
            row("ours, as another user", program, measure(times, () -> ours(spawner, NOBODY, false, command)));
            row(
                    "ours, as another user on a terminal",
                    program,
                    measure(times, () -> ours(spawner, NOBODY, true, command)));
            row("ProcessBuilder, same user", program, measure(times, () -> jdk(command)));
            row(
                    "ProcessBuilder through setpriv, as another user",
                    program,
                    measure(times, () -> jdk(setpriv(command))));
        }
        loop.close();
    }

    private static int ours(Spawner spawner, User user, boolean terminal, List<String> command) throws Errno {
        Optional<Command.Size> size = terminal ? Optional.of(new Command.Size(80, 24)) : Optional.empty();
        NativeProcess process =
                spawner.spawn(new Command(command, List.of(PATH), user, "/", size, true, Optional.empty()));
        Heard heard = Heard.of(process);
        int code = heard.status().code();
        if (terminal) {
            var _ = heard.text(NativeProcess.Stream.TERMINAL);
        } else {
            var _ = heard.stdout();
            var _ = heard.text(NativeProcess.Stream.STDERR);
        }
        process.input().orElseThrow().close().join();
        return code;
    }

    private static int jdk(List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        Process process = builder.start();
        process.getInputStream().readAllBytes();
        process.getErrorStream().readAllBytes();
        return process.waitFor();
    }

    private static List<String> setpriv(List<String> command) {
        var all = new java.util.ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        all.addAll(command);
        return all;
    }

    private static long[] measure(int times, Callable<Integer> start) throws Exception {
        for (int i = 0; i < times / 4; i++) {
            check(start.call());
        }
        long[] micros = new long[times];
        for (int i = 0; i < times; i++) {
            long begin = System.nanoTime();
            check(start.call());
            micros[i] = (System.nanoTime() - begin) / 1_000;
        }
        return micros;
    }

    private static long[] floor(Path binary, int times, List<String> command) throws IOException, InterruptedException {
        var all = new java.util.ArrayList<>(List.of(binary.toString(), Integer.toString(times)));
        all.addAll(command);
        var builder = new ProcessBuilder(all);
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        check(process.waitFor());
        return printed.lines().mapToLong(Long::parseLong).toArray();
    }

    private static Path compileFloor() throws IOException {
        Path source = Path.of("target", "spawn_bench.c");
        try (var in = SpawnHelper.class.getResourceAsStream("spawn_bench.c")) {
            Files.write(source, Objects.requireNonNull(in).readAllBytes());
        }
        return SpawnHelper.compile(source, Path.of("target", "spawn_bench"));
    }

    private static void row(String by, String program, long[] micros) {
        Arrays.sort(micros);
        System.out.printf(
                "| %s | `%s` | %,d | %,d |%n", by, program, micros[micros.length / 2], micros[micros.length * 9 / 10]);
    }

    private static void check(int exitCode) {
        if (exitCode != 0) {
            throw new IllegalStateException("the program exited with " + exitCode);
        }
    }
}
