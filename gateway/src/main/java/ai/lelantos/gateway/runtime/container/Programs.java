package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Helper programs of the host: found by name, run to their end, their failure told in their own words.
final class Programs {

    /// Where administrators' programs are, whatever PATH the gateway was given.
    static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// No helper works longer.
    private static final long LIMIT_SECONDS = 60;

    /// Of a helper's output.
    private static final int OUTPUT_MAX_BYTES = 1 << 20;

    private Programs() {}

    static @Nullable Path find(String name) {
        return Stream.of(PATH.split(":", -1))
                .map(each -> Path.of(each, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    /// A program the driver cannot do without.
    static Path need(String name, String debianPackage) {
        Path found = find(name);
        if (found == null) {
            throw new RuntimeRefused(
                    Reason.HOST, name + " is missing on this host; install it: apt-get install " + debianPackage);
        }
        return found;
    }

    /// Runs a program and gives its output; anything but exit 0 is an error that quotes it.
    static String run(String input, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", PATH);
        builder.environment().put("TMPDIR", System.getProperty("java.io.tmpdir"));
        Process process = builder.start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException endedEarly) {
            // its exit code and words say more than the broken pipe
        }
        String output = new String(process.getInputStream().readNBytes(OUTPUT_MAX_BYTES), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(command.getFirst() + " did not end within " + LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException(command.getFirst() + " was interrupted", stopped);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    String.join(" ", command) + " ended with " + process.exitValue() + ": " + output.strip());
        }
        return output;
    }
}
