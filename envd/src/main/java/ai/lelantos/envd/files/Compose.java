package ai.lelantos.envd.files;

import ai.lelantos.envd.http.Problem;
import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Names;
import ai.lelantos.envd.linux.OpenFile;
import ai.lelantos.envd.linux.Stat;
import ai.lelantos.envd.linux.User;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Makes one file of several, in order, and removes those: how a large upload in pieces is put together.
final class Compose {

    private final List<String> sources;
    private final String destination;
    private final User owner;

    Compose(List<String> sources, String destination, User owner) {
        this.sources = sources;
        this.destination = destination;
        this.owner = owner;
    }

    void run() throws IOException {
        if (sources.isEmpty()) {
            throw new Problem(400, "source_paths is empty");
        }
        if (sources.contains(destination)) {
            throw new Problem(400, "source and destination are the same file: " + destination);
        }
        for (String source : sources) {
            requireFile(source);
        }
        String partial = destination + ".e2b-compose." + UUID.randomUUID() + ".tmp";
        try (Chain chain = new Chain(sources)) {
            new Arrival(partial, owner, Map.of()).take(chain::read, -1);
        }
        rename(partial);
        for (String source : sources) {
            Names.unlink(Tree.path(source));
        }
    }

    private static void requireFile(String source) throws Problem {
        try {
            if (Stat.of(Tree.path(source)).kind() != Stat.Kind.FILE) {
                throw new Problem(400, "source is not a regular file: " + source);
            }
        } catch (Errno e) {
            if (e.number() == Errno.ENOENT) {
                throw new Problem(404, "source file not found: " + source);
            }
            throw Tree.refused(Refusal.of("error getting file info: ", e));
        }
    }

    private void rename(String partial) {
        FilePath from = Tree.path(partial);
        try {
            Names.rename(from, Tree.path(destination));
        } catch (Errno e) {
            try {
                Names.unlink(from);
            } catch (Errno _) {
                // Gone already; what matters is why it could not get its name.
            }
            throw Tree.refused(Refusal.of("error renaming: ", e));
        }
    }

    /// The bytes of several files as one.
    private static final class Chain implements AutoCloseable {

        private final List<String> sources;
        private int next;
        private @Nullable OpenFile open;

        Chain(List<String> sources) {
            this.sources = sources;
        }

        int read(ByteBuffer into) throws IOException {
            while (open != null || next < sources.size()) {
                if (open == null) {
                    open = OpenFile.read(Tree.path(sources.get(next)));
                    next++;
                }
                int count = open.read(into);
                if (count >= 0) {
                    return count;
                }
                close();
            }
            return -1;
        }

        @Override
        public void close() {
            if (open != null) {
                open.close();
                open = null;
            }
        }
    }
}
