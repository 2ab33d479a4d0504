package ai.lelantos.gateway.db;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.tukaani.xz.XZInputStream;

/// Unpacks the archive PostgreSQL's binaries come in: xz around ustar, with files, folders and symbolic links only.
final class TarXz {

    private static final int BLOCK = 512;
    /// The binaries are 60 MiB; more than this and it is not their archive.
    private static final long FILE_BYTES_MAX = 256L << 20;

    private TarXz() {}

    static void unpack(InputStream archive, Path folder) throws IOException {
        try (InputStream in = new XZInputStream(archive)) {
            byte[] header = new byte[BLOCK];
            String longName = null;
            while (block(in, header) && header[0] != 0) {
                String name = longName != null ? longName : name(header);
                longName = null;
                long size = octal(header, 124, 12);
                switch (header[156]) {
                    case 'L' -> longName = new String(content(in, size), StandardCharsets.UTF_8).replace("\0", "");
                    case '5' -> Files.createDirectories(inside(folder, name));
                    case '2' -> link(inside(folder, name), text(header, 157, 100));
                    case '0', 0 -> file(in, inside(folder, name), size, octal(header, 100, 8));
                    default ->
                        throw new IOException("entry " + name + " has type " + (char) header[156]
                                + " (expected file, folder or link)");
                }
            }
        }
    }

    private static Path inside(Path folder, String name) throws IOException {
        Path path = folder.resolve(name).normalize();
        if (!path.startsWith(folder)) {
            throw new IOException("entry " + name + " leads out of the archive");
        }
        return path;
    }

    private static void link(Path path, String target) throws IOException {
        parents(path);
        Files.createSymbolicLink(path, Path.of(target));
    }

    private static void file(InputStream in, Path path, long size, long mode) throws IOException {
        if (size > FILE_BYTES_MAX) {
            throw new IOException(path + " has " + size + " bytes (at most " + FILE_BYTES_MAX + ")");
        }
        parents(path);
        try (var out = Files.newOutputStream(path)) {
            copy(in, out, size);
        }
        in.skipNBytes(padding(size));
        Files.setPosixFilePermissions(
                path, PosixFilePermissions.fromString((mode & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--"));
    }

    private static void copy(InputStream in, java.io.OutputStream out, long size) throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (long left = size; left > 0; ) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new EOFException("the archive ends within a file");
            }
            out.write(buffer, 0, count);
            left -= count;
        }
    }

    private static byte[] content(InputStream in, long size) throws IOException {
        byte[] bytes = in.readNBytes((int) Math.min(size, 1 << 16));
        in.skipNBytes(padding(size));
        return bytes;
    }

    private static void parents(Path path) throws IOException {
        Path parent = path.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
    }

    private static boolean block(InputStream in, byte[] block) throws IOException {
        int count = in.readNBytes(block, 0, BLOCK);
        if (count != 0 && count != BLOCK) {
            throw new EOFException("the archive ends within a header");
        }
        return count == BLOCK;
    }

    private static long padding(long size) {
        return (BLOCK - size % BLOCK) % BLOCK;
    }

    private static String name(byte[] header) {
        String prefix = text(header, 345, 155);
        String name = text(header, 0, 100);
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String text(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) {
            end++;
        }
        return new String(header, from, end - from, StandardCharsets.UTF_8);
    }

    private static long octal(byte[] header, int from, int length) {
        String digits = text(header, from, length).strip();
        return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    }
}
