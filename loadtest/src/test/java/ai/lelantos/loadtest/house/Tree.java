package ai.lelantos.loadtest.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// The source tree as somebody who clones it sees it: what is built or fetched is left out.
final class Tree {

    private static final Set<String> NOT_SOURCES =
            Set.of(".git", "target", "node_modules", "__pycache__", ".venv", ".idea");
    private static final long FILE_BYTES_MAX = 1 << 20;

    private Tree() {}

    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("mvnw"))) {
            here = java.util.Objects.requireNonNull(here.getParent(), "no mvnw above the working directory");
        }
        return here;
    }

    static List<Path> files() {
        try (Stream<Path> all = Files.walk(root())) {
            return all.filter(Files::isRegularFile).filter(Tree::isSource).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Path> files(String suffix) {
        return files().stream().filter(file -> file.toString().endsWith(suffix));
    }

    /// The lines of a text file; none for a file that is not UTF-8 text.
    static List<String> lines(Path file) {
        try {
            return Files.size(file) > FILE_BYTES_MAX ? List.of() : Files.readAllLines(file);
        } catch (MalformedInputException _) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String name(Path file) {
        return root().relativize(file).toString();
    }

    private static boolean isSource(Path file) {
        for (Path part : root().relativize(file)) {
            if (NOT_SOURCES.contains(part.toString())) {
                return false;
            }
        }
        return true;
    }
}
