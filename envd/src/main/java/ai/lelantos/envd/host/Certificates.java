package ai.lelantos.envd.host;

import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.FileSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate authorities that the sandbox's programs trust: those baked into the image, and one of the host's.
public final class Certificates {

    private static final Logger LOG = LoggerFactory.getLogger(Certificates.class);
    private static final int UNPACK_SECONDS_MAX = 10;
    private static final int ADDED_MAX = 1_000; // certificates besides those of the image
    private static final int ADDED_BYTES_MAX = 1 << 20; // each

    private final Path root;

    /// @param root `/`, but for tests
    public Certificates(Path root) {
        this.root = root;
    }

    /// Fills the folder that lives in memory from the image's archive, if it is there and nobody did before, and trusts
    /// again what was added since.
    public void restore() {
        Path folder = root.resolve("etc/ssl/certs");
        Path archive = root.resolve("usr/local/share/e2b/ssl-certs.tar");
        try {
            if (!Files.isDirectory(folder)
                    || !FileSystem.of(FilePath.of(folder.toString())).isMemory()) {
                return;
            }
            if (Files.isRegularFile(archive) && isEmpty(folder)) {
                unpack(archive, folder);
            }
            trustAgain(folder.resolve("ca-certificates.crt"));
        } catch (IOException e) {
            LOG.warn("cannot restore {}", folder, e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void unpack(Path archive, Path folder) throws IOException, InterruptedException {
        Process tar = new ProcessBuilder("tar", "-xf", archive.toString(), "-C", folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!tar.waitFor(UNPACK_SECONDS_MAX, TimeUnit.SECONDS) || tar.exitValue() != 0) {
            LOG.warn("{} could not be unpacked into {}", archive, folder);
        }
    }

    /// What the user or the host added since the image was made lies on the disk, beside the archive.
    private void trustAgain(Path trusted) throws IOException {
        Path added = root.resolve("usr/local/share/ca-certificates");
        if (!Files.isDirectory(added)) {
            return;
        }
        List<Path> certificates;
        try (Stream<Path> entries = Files.list(added)) {
            certificates = entries.filter(each -> each.toString().endsWith(".crt") && Files.isRegularFile(each))
                    .sorted()
                    .limit(ADDED_MAX)
                    .toList();
        }
        String all = Files.exists(trusted) ? Files.readString(trusted) : "";
        String after = all;
        for (Path each : certificates) {
            String text = Files.size(each) > ADDED_BYTES_MAX ? "" : Files.readString(each);
            after = after.contains(text) ? after : joined(after, text);
        }
        if (!after.equals(all)) {
            var _ = Files.writeString(trusted, after);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    /// Makes the host's bundle trusted, in place of the one it sent before; the same one again changes nothing.
    void trust(String bundle) {
        Path kept = root.resolve("usr/local/share/ca-certificates/e2b-ca.crt");
        Path trusted = root.resolve("etc/ssl/certs/ca-certificates.crt");
        try {
            String text = bundle.endsWith("\n") ? bundle : bundle + "\n";
            String before = Files.exists(kept) ? Files.readString(kept) : "";
            String all = Files.exists(trusted) ? Files.readString(trusted, StandardCharsets.UTF_8) : "";
            String others = before.isBlank() ? all : all.replace(before, "");
            String after = (others.contains(text) ? others : joined(others, text));
            if (!after.equals(all)) {
                var _ = Files.createDirectories(root.resolve("etc/ssl/certs"));
                var _ = Files.writeString(trusted, after);
            }
            if (!before.equals(text)) {
                var _ = Files.createDirectories(root.resolve("usr/local/share/ca-certificates"));
                var _ = Files.writeString(kept, text);
            }
        } catch (IOException e) {
            LOG.warn("cannot make the host's certificates trusted", e);
        }
    }

    private static String joined(String others, String bundle) {
        return others.isEmpty() || others.endsWith("\n") ? others + bundle : others + "\n" + bundle;
    }
}
