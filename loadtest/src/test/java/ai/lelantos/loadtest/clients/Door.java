package ai.lelantos.loadtest.clients;

import ai.lelantos.loadtest.drive.Target;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The product as its user meets it: `./lelantos` with a home and ports of its own, and nothing else typed.
final class Door {

    private static final Duration UP_LIMIT = Duration.ofMinutes(10);
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration COMPAT_LIMIT = Duration.ofMinutes(10);
    /// What a home shares with the one where the images were made: both are read only once made.
    private static final List<String> SHARED = List.of("images", "agent");

    private final Path root;
    private final Path home;
    private final Map<String, String> settings;
    private final URI url;
    private String lines = "false";

    private Door(Path root, Path home, int port, int tlsPort) {
        this.root = root;
        this.home = home;
        this.settings = Map.of(
                "LELANTOS_HOME", home.toString(),
                "LELANTOS_PORT", Integer.toString(port),
                "LELANTOS_TLS_PORT", Integer.toString(tlsPort));
        this.url = URI.create("http://127.0.0.1:" + port);
    }

    /// A door with an empty home beside the images of `prepared`, if that has any.
    static Door in(Path home, Path prepared) {
        try {
            Files.createDirectories(home);
            for (String shared : SHARED) {
                Path made = prepared.resolve(shared);
                if (Files.isDirectory(made) && !Files.exists(home.resolve(shared))) {
                    Files.createSymbolicLink(home.resolve(shared), made.toRealPath());
                }
            }
            return new Door(root(), home, freePort(), freePort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where the door's `test` prepared the images, or where an ordinary `up` does.
    static Path prepared() {
        String test = System.getenv("LELANTOS_TEST_HOME");
        String own = System.getenv("LELANTOS_HOME");
        return Path.of(test != null ? test : own != null ? own : "/var/lib/lelantos");
    }

    @CanIgnoreReturnValue
    String up() {
        String said = knock(UP_LIMIT, "up", "--detach").fine();
        lines = knock(LIMIT, "env").fine();
        return said;
    }

    @CanIgnoreReturnValue
    String down() {
        return knock(LIMIT, "down").fine();
    }

    /// Runs `command` in `directory` after evaluating the lines of `env`, as a user's terminal would.
    Tool with(Path directory, Duration limit, String... command) {
        var line = new ArrayList<>(List.of("bash", "-c", "eval \"$0\" && exec \"$@\"", lines));
        line.addAll(List.of(command));
        return Tool.run(directory, settings, limit, line);
    }

    /// Measures the table of compatibility against this server over one transport, judged by the committed one; `more`
    /// may name the clients.
    Tool compat(Path into, String transport, String... more) {
        var arguments = new ArrayList<>(List.of("compat", "--over", transport));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of(
                "--baseline",
                root.resolve("docs/compat.json").toString(),
                "--json",
                into.resolve("compat.json").toString(),
                "--document",
                into.resolve("compat.md").toString()));
        return knock(COMPAT_LIMIT, arguments.toArray(String[]::new));
    }

    /// Where the server answers, and the key it knows us by.
    Target target() {
        try {
            String key = Files.readString(home.resolve("keys/api-key")).strip();
            return new Target(url, "e2b_" + key.replaceFirst("^(lel|e2b)_", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path home() {
        return home;
    }

    /// The pid the running gateway left in its home.
    long gateway() {
        try {
            return Long.parseLong(
                    Files.readString(home.resolve("run/gateway.pid")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Tool knock(Duration limit, String... arguments) {
        var line = new ArrayList<>(List.of(door()));
        line.addAll(List.of(arguments));
        return Tool.run(home, settings, limit, line);
    }

    private String door() {
        return root.resolve("lelantos").toString();
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("mvnw"))) {
            here = java.util.Objects.requireNonNull(here.getParent(), "no mvnw above the working directory");
        }
        return here;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
