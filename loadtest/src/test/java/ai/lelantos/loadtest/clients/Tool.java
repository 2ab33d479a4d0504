package ai.lelantos.loadtest.clients;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// One run of an outside program with an end: what it said, how it left, and nothing of it stays behind.
public record Tool(List<String> command, int code, String output) {

    private static final int OUTPUT_CHARS_MAX = 200_000;

    /// Runs to its end, or to `limit`: then the program and all it started are killed and the run has failed.
    public static Tool run(Path directory, Map<String, String> environment, Duration limit, List<String> command) {
        try {
            Path said = Files.createTempFile(Files.createDirectories(directory), "said-", ".log");
            try {
                var builder = new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectInput(ProcessBuilder.Redirect.from(
                                Path.of("/dev/null").toFile()))
                        .redirectOutput(said.toFile());
                builder.environment()
                        .keySet()
                        .removeIf(name -> name.startsWith("E2B_") || name.startsWith("LELANTOS_"));
                builder.environment().putAll(new HashMap<>(environment));
                Process process = builder.start();
                boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly().waitFor();
                }
                String late = ended ? "" : "\n(killed: it did not end within " + limit + ")";
                return new Tool(command, ended ? process.exitValue() : -1, tail(said) + late);
            } finally {
                Files.delete(said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command, e);
        }
    }

    /// What it said, if it left with 0; else an error that shows all of it.
    @CanIgnoreReturnValue
    public String fine() {
        if (code != 0) {
            throw new AssertionError(String.join(" ", command) + " left with " + code + "\n" + output);
        }
        return output;
    }

    private static String tail(Path said) throws IOException {
        String all = new String(Files.readAllBytes(said), java.nio.charset.StandardCharsets.UTF_8);
        return all.length() <= OUTPUT_CHARS_MAX ? all : "..." + all.substring(all.length() - OUTPUT_CHARS_MAX);
    }
}
