package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Xattr;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What clients say about a file besides its content: extended attributes under one prefix.
final class Metadata {

    private static final String PREFIX = "user.e2b.";

    /// What the kernel lets an attribute's name have, prefix included.
    private static final int NAME_BYTES_MAX = 255;

    /// What all of a file's attributes may have together, names and values: one block of the file system.
    private static final int TOTAL_BYTES_MAX = 4_096;

    private Metadata() {}

    /// What is wrong with a set of metadata; nothing if it can be stored.
    static Optional<String> fault(Map<String, String> metadata) {
        int total = 0;
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            int name = PREFIX.length() + entry.getKey().length();
            total += name + entry.getValue().length();
            if (!isPrintable(entry.getKey()) || !isPrintable(entry.getValue())) {
                return Optional.of("'" + entry.getKey() + "' has other than printable ASCII in its key or value");
            }
            if (name > NAME_BYTES_MAX) {
                return Optional.of("a key is " + entry.getKey().length() + " bytes long, at most "
                        + (NAME_BYTES_MAX - PREFIX.length()) + " are possible");
            }
        }
        return total > TOTAL_BYTES_MAX
                ? Optional.of("all of it is " + total + " bytes long, at most " + TOTAL_BYTES_MAX + " are possible")
                : Optional.empty();
    }

    private static boolean isPrintable(String text) {
        return text.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
    }

    /// A file's metadata as it is now; none where it cannot be read.
    static Map<String, String> of(FilePath path) {
        try {
            List<String> names = Xattr.names(path);
            if (names.isEmpty()) {
                return Map.of();
            }
            var found = new TreeMap<String, String>();
            for (String name : names) {
                if (name.startsWith(PREFIX)) {
                    text(Xattr.get(path, name)).ifPresent(value -> found.put(name.substring(PREFIX.length()), value));
                }
            }
            return found;
        } catch (Errno _) {
            return Map.of();
        }
    }

    private static Optional<String> text(byte[] value) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /// Makes a file's metadata exactly this. A file that has none and shall have none is not touched, for whoever
    /// watches it; a file system without attributes keeps none.
    static void replace(FilePath path, Map<String, String> metadata) throws Errno {
        try {
            for (String name : Xattr.names(path)) {
                if (name.startsWith(PREFIX) && !metadata.containsKey(name.substring(PREFIX.length()))) {
                    Xattr.remove(path, name);
                }
            }
            for (Map.Entry<String, String> entry : metadata.entrySet()) {
                Xattr.set(path, PREFIX + entry.getKey(), entry.getValue().getBytes(StandardCharsets.UTF_8));
            }
        } catch (Errno e) {
            if (e.number() != Errno.ENOTSUP) {
                throw e;
            }
        }
    }
}
