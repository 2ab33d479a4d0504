package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// The helper `cell`, compiled once for this host from the source this gateway carries, and named by that source's
/// hash.
final class CellProgram {

    private static final String SOURCE = "cell.c";

    private CellProgram() {}

    /// The program's path; compiles it when this host has none of this version.
    static Path in(Path cache) throws IOException {
        byte[] source = source();
        String hash = hash(source);
        Path program = cache.resolve("cell-" + hash);
        if (Files.isExecutable(program)) {
            return program;
        }
        Path compiler = Programs.find("cc");
        if (compiler == null) {
            throw new RuntimeRefused(
                    Reason.HOST, "no C compiler for cell.c; install it: apt-get install gcc libc6-dev");
        }
        Files.createDirectories(cache);
        Path work = Files.createTempDirectory(cache, "cell");
        try {
            Path text = Files.write(work.resolve(SOURCE), source);
            Path made = work.resolve("cell");
            String warnings = Programs.run(
                    "", List.of(compiler.toString(), "-O2", "-static", "-o", made.toString(), text.toString()));
            if (!Files.isExecutable(made)) {
                throw new IOException("cc made no cell: " + warnings.strip());
            }
            return Files.move(made, program, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Trees.delete(work);
        }
    }

    private static byte[] source() throws IOException {
        try (InputStream in = CellProgram.class.getResourceAsStream(SOURCE)) {
            if (in == null) {
                throw new IOException(SOURCE + " is missing in the gateway's jar");
            }
            return in.readAllBytes();
        }
    }

    private static String hash(byte[] source) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(source), 0, 6);
        } catch (NoSuchAlgorithmException every) {
            throw new AssertionError(every);
        }
    }
}
