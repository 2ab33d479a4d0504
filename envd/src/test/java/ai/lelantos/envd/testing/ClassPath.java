package ai.lelantos.envd.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/// This JVM's class path, as a process can read it whose /home, /root and /tmp are covered by empty ones.
final class ClassPath {

    private static final Path COPIES = Path.of("target", "agent-lib").toAbsolutePath();

    private ClassPath() {}

    static String outsideHomes() throws IOException {
        String ours = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var entries = new ArrayList<String>();
        for (String entry : ours.split(File.pathSeparator, -1)) {
            Path file = Path.of(entry).toAbsolutePath();
            boolean covered = file.startsWith("/root") || file.startsWith("/home") || file.startsWith("/tmp");
            entries.add((covered ? copy(file) : file).toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    /// A copy of one jar, made once: names carry versions.
    private static Path copy(Path jar) throws IOException {
        Path copy = COPIES.resolve(jar.getFileName());
        if (Files.isRegularFile(jar) && !Files.exists(copy)) {
            Files.createDirectories(COPIES);
            Path partial = Files.createTempFile(COPIES, "partial", null);
            Files.write(partial, Files.readAllBytes(jar));
            try {
                Files.createLink(copy, partial);
            } catch (FileAlreadyExistsException _) {
                // another test JVM was quicker; its copy is the same
            }
            Files.delete(partial);
        }
        return copy;
    }
}
