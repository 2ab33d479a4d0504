package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;

/// Why the tree does not do what was asked, in words for the client.
sealed interface Refusal {

    String message();

    /// What is asked cannot be meant: a path no file can have, a file where a directory is needed.
    record Invalid(String message) implements Refusal {}

    record Missing(String message) implements Refusal {}

    record Exists(String message) implements Refusal {}

    /// Links that lead nowhere but to each other.
    record Cyclic(String message) implements Refusal {}

    /// More than an answer can carry.
    record TooMuch(String message) implements Refusal {}

    /// There is no room, be it for bytes, for files, or for what is said about them.
    record Full(String message) implements Refusal {}

    /// The kernel says no.
    record Failed(String message) implements Refusal {}

    /// What the kernel says of a path that cannot be walked is the client's to mend; the rest is not.
    static Refusal of(String what, Errno e) {
        String message = what + e.getMessage();
        return switch (e.number()) {
            case Errno.ELOOP -> new Cyclic(message);
            case Errno.ENAMETOOLONG -> new Invalid(message);
            case Errno.ENOSPC, Errno.EDQUOT -> new Full(message);
            default -> new Failed(message);
        };
    }
}
