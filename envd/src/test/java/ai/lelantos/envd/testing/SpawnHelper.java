package ai.lelantos.envd.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The exec helper, compiled from its source with the machine's C compiler, once for each test JVM.
public final class SpawnHelper {

    private static final Path BINARY = build();

    private SpawnHelper() {}

    public static Path binary() {
        return BINARY;
    }

    private static Path build() {
        Path binary = Path.of("target", "spawn-" + ProcessHandle.current().pid());
        return compile(Path.of("../vm-images/agent/spawn.c"), binary);
    }

    /// Compiles a C program statically; it is deleted with this JVM.
    public static Path compile(Path source, Path into) {
        Path binary = into.toAbsolutePath();
        try {
            var command = List.of(
                    "cc", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-o", binary.toString(), source.toString());
            Process compiler =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
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
