package ai.lelantos.envd.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// The exec helper, compiled from its source with the machine's C compiler, once for each test JVM.
public final class SpawnHelper {

    private static final Path BINARY = build();

    private SpawnHelper() {}

    public static Path binary() {
        return BINARY;
    }

    private static Path build() {
        Path source = Path.of("../vm-images/agent/spawn.c");
        Path binary =
                Path.of("target", "spawn-" + ProcessHandle.current().pid()).toAbsolutePath();
        try {
            Process compiler = new ProcessBuilder(
                            "cc",
                            "-static",
                            "-O2",
                            "-Wall",
                            "-Wextra",
                            "-Werror",
                            "-o",
                            binary.toString(),
                            source.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(compiler.waitFor()).as("cc says: %s", said).isZero();
            assertThat(Files.isExecutable(binary)).isTrue();
            binary.toFile().deleteOnExit();
            return binary;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
