package ai.lelantos.envd.files;

import static ai.lelantos.envd.testing.FilesClient.query;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A file far larger than the agent's memory goes out and in, and the agent does not grow by it.
@Timeout(240)
class LargeTransferIT {

    private static final long BYTES = Long.getLong("large.bytes", 4L << 30);
    private static final long GROWTH_BYTES_MAX = 32L << 20;
    private static final int PIECE_BYTES = 1 << 20;
    private static final int WARM_BYTES = 64 << 20;

    /// The part of all that is then written over it: its bytes go to the disk twice.
    private static final int OVERWRITE_PART = 8;

    @Test
    void fourGibibytesGoOutAndInWithFlatMemory() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "large-");
        Path source = folder.resolve("source");
        Path target = folder.resolve("target");
        try (RealAgent agent = RealAgent.start()) {
            sparse(source);
            var files = new FilesClient(agent.uri());
            // What the agent needs once for any transfer is not what this is about.
            assertThat(files.upload(target.toString(), "root", new byte[WARM_BYTES])
                            .statusCode())
                    .isEqualTo(200);
            assertThat(files.get(query("path", target.toString())).body()).hasSize(WARM_BYTES);
            Files.delete(target);
            long before = proportionalBytes(agent);
            long expected = checksum(Files.newInputStream(source));
            HttpResponse<InputStream> download = files.send(
                    files.request(query("path", source.toString())).build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(download.headers().firstValueAsLong("content-length")).hasValue(BYTES);
            assertThat(checksum(download.body())).isEqualTo(expected);
            assertThat(proportionalBytes(agent)).isLessThan(before + GROWTH_BYTES_MAX);
            upload(files, source, target);
            assertThat(proportionalBytes(agent)).isLessThan(before + GROWTH_BYTES_MAX);
            assertThat(checksum(Files.newInputStream(target))).isEqualTo(expected);
            // An overwrite waits beside the file until it is whole, and its second half is the kernel's.
            shorten(source, BYTES / OVERWRITE_PART);
            upload(files, source, target);
            assertThat(proportionalBytes(agent)).isLessThan(before + GROWTH_BYTES_MAX);
            assertThat(Files.mismatch(source, target)).isNegative();
        } finally {
            Files.deleteIfExists(source);
            Files.deleteIfExists(target);
            Files.deleteIfExists(folder);
        }
    }

    private static void upload(FilesClient files, Path source, Path target) throws IOException {
        var body = BodyPublishers.ofFile(source);
        assertThat(files.post(query("path", target.toString()), body, "Content-Type", "application/octet-stream")
                        .statusCode())
                .isEqualTo(200);
    }

    private static void shorten(Path file, long bytes) throws IOException {
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(bytes);
        }
    }

    /// Holes, with a mark here and there whose place counts.
    private static void sparse(Path file) throws IOException {
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(BYTES);
            for (long at = 0; at + Long.BYTES <= BYTES; at += BYTES / 7) {
                out.seek(at);
                out.writeLong(at ^ 0x5DEECE66DL);
            }
        }
    }

    private static long checksum(InputStream stream) throws IOException {
        var sum = new CRC32C();
        byte[] piece = new byte[PIECE_BYTES];
        try (stream) {
            for (int count = stream.read(piece); count >= 0; count = stream.read(piece)) {
                sum.update(piece, 0, count);
            }
        }
        return sum.getValue();
    }

    private static long proportionalBytes(RealAgent agent) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + agent.pid() + "/smaps_rollup")).stream()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst()
                .orElseThrow();
    }
}
