package ai.lelantos.gateway.settings;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/// The one directory that holds everything the product keeps.
public record Home(Path path) {

    /// Less free space than this and a start is refused; PostgreSQL alone wants most of it for its first segments.
    private static final long FREE_BYTES_MIN = 256L << 20;

    /// The home a process of this user has unless told otherwise.
    public static Path usual() {
        return "root".equals(System.getProperty("user.name"))
                ? Path.of("/var/lib/lelantos")
                : Path.of(System.getProperty("user.home", "/"), ".local/share/lelantos");
    }

    /// Makes what is missing of it.
    public static Home at(Path path) {
        Home home = new Home(path.toAbsolutePath().normalize());
        try {
            Files.createDirectories(home.path);
            home.privately("keys");
            home.privately("run");
            for (String each : new String[] {"cache", "logs"}) {
                Files.createDirectories(home.path.resolve(each));
            }
            long free = Files.getFileStore(home.path).getUsableSpace();
            if (free < FREE_BYTES_MIN) {
                throw new StartRefused(
                        "The disk under %s has %d MiB free (expected at least %d MiB): free some, or set LELANTOS_HOME to another disk."
                                .formatted(home.path, free >> 20, FREE_BYTES_MIN >> 20));
            }
        } catch (IOException e) {
            throw new StartRefused(
                    "The home %s cannot be used (%s): set LELANTOS_HOME to a directory this user may write."
                            .formatted(home.path, e));
        }
        return home;
    }

    /// Six hex digits of the home's hash: what its server is known by on this machine, to the door and in names of
    /// what it makes on the host.
    public static String key(Path path) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(path.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 3);
        } catch (NoSuchAlgorithmException every) {
            throw new AssertionError(every);
        }
    }

    /// Holds the home until the process ends, so that two gateways never share one.
    public FileChannel lock() {
        Path file = path.resolve("run/gateway.lock");
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                channel.close();
                throw new StartRefused(
                        "Another gateway already uses the home %s: stop it with ./lelantos down, or set LELANTOS_HOME."
                                .formatted(path));
            }
            return channel;
        } catch (IOException e) {
            throw new StartRefused(
                    "The lock %s cannot be taken (%s): set LELANTOS_HOME to a directory this user may write."
                            .formatted(file, e));
        }
    }

    public Path keys() {
        return path.resolve("keys");
    }

    public Path run() {
        return path.resolve("run");
    }

    public Path images() {
        return path.resolve("images");
    }

    /// Creates or tightens a directory only its owner can read.
    @CanIgnoreReturnValue
    public Path privately(String name) throws IOException {
        Path folder = path.resolve(name);
        Set<java.nio.file.attribute.PosixFilePermission> owner = PosixFilePermissions.fromString("rwx------");
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, owner);
        return folder;
    }

    /// Writes a secret only its owner can read, whole or not at all.
    public void keep(Path file, String secret) {
        try {
            Path fresh = file.resolveSibling(file.getFileName() + ".new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, secret + "\n");
            Files.move(fresh, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new StartRefused(
                    "The key file %s cannot be written (%s): make the home writable.".formatted(file, e));
        }
    }
}
