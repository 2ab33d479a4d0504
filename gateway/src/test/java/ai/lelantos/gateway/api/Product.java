package ai.lelantos.gateway.api;

import ai.lelantos.gateway.Gateway;
import ai.lelantos.gateway.contract.Contract;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The product as people run it: the gateway in a process of its own, real sandboxes of the base image, a home made for
/// these tests. One for all of them, started by who comes first, ended with the JVM.
final class Product {

    static final String KEY = "e2b_" + "00112233445566778899".repeat(2);
    static final String ADMIN_TOKEN = "admin-of-tests";
    static final String ACCESS_TOKEN = "sk_e2b_" + "99887766554433221100".repeat(2);
    static final String TEAM = "33333333-2222-4333-8444-555555555555";

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final int WAIT_MS = 30_000;
    private static final Duration START_MAX = Duration.ofMinutes(3);
    private static final AtomicReference<@Nullable Product> ONE = new AtomicReference<>();

    final Path home;
    final int port;
    final Api api;
    private final Class<?> main;
    private final Map<String, String> settings;
    private @Nullable Process gateway;

    /// @param main what to start, the gateway itself or one with another driver
    Product(Path home, Class<?> main, Map<String, String> settings) throws IOException {
        this.home = home;
        this.main = main;
        this.settings = settings;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            this.port = free.getLocalPort();
        }
        this.api = new Api(port, Contract.read());
    }

    /// The one with real sandboxes.
    static synchronized Product get() {
        Product product = ONE.get();
        if (product == null) {
            try {
                product = new Product(prepared(), Gateway.class, Map.of());
                product.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ONE.set(product);
            Product ended = product;
            Runtime.getRuntime().addShutdownHook(new Thread(ended::close));
        }
        return product;
    }

    /// A home with the images that the door's `test` prepared.
    private static Path prepared() throws IOException {
        Path images = Path.of(Objects.requireNonNullElse(System.getenv("LELANTOS_TEST_HOME"), "/var/lib/lelantos"));
        Path home = Files.createTempDirectory(
                Path.of("/tmp"),
                "lelantos-it-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        for (String shared : List.of("images", "agent")) {
            Files.createSymbolicLink(
                    home.resolve(shared), images.resolve(shared).toRealPath());
        }
        return home;
    }

    /// Starts the gateway and waits for its word that it is ready.
    void start() {
        Path log = home.resolve("gateway.log");
        ProcessBuilder builder = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(new File("/dev/null"));
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("LELANTOS_"));
        environment.put("LELANTOS_HOME", home.toString());
        environment.put("LELANTOS_PORT", String.valueOf(port));
        environment.put("LELANTOS_TLS_PORT", "0");
        environment.put("LELANTOS_API_KEY", KEY);
        environment.put("LELANTOS_ADMIN_TOKEN", ADMIN_TOKEN);
        environment.put("LELANTOS_ACCESS_TOKEN", ACCESS_TOKEN);
        environment.put("LELANTOS_TEAM_ID", TEAM);
        environment.putAll(settings);
        try {
            gateway = builder.start();
            awaitHealth(gateway, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void awaitHealth(Process process, Path log) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(START_MAX);
        while (true) {
            try {
                if (api.trySend("GET", "/health", null, Map.of()).status() == 200) {
                    return;
                }
            } catch (IOException e) {
                // Not listening yet.
            }
            if (process.waitFor(50, TimeUnit.MILLISECONDS) || Instant.now().isAfter(end)) {
                throw new AssertionError("the gateway did not start: " + Files.readString(log));
            }
        }
    }

    /// Ends the gateway as `kill -9` does; sandboxes and database stay.
    void kill() {
        Process running = Objects.requireNonNull(gateway);
        boolean _ = running.toHandle().destroyForcibly();
        running.onExit().join();
    }

    /// The gateway's orderly end, and nothing left of its home.
    void close() {
        Process running = gateway;
        if (running != null) {
            running.destroy();
            running.onExit().orTimeout(2, TimeUnit.MINUTES).join();
        }
        try (var all = Files.walk(home)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Answer get(String path) {
        return api.send("GET", path, null, Map.of("X-API-Key", KEY));
    }

    Answer delete(String path) {
        return api.send("DELETE", path, null, Map.of("X-API-Key", KEY));
    }

    Answer post(String path, String json) {
        return api.send("POST", path, json, Map.of("X-API-Key", KEY));
    }

    /// A sandbox of the base template with more properties, as JSON without braces; its id.
    String create(String more) {
        Answer made = post("/v2/sandboxes", "{\"templateID\":\"base\"" + (more.isEmpty() ? "" : "," + more) + "}");
        if (made.status() != 201) {
            throw new AssertionError("create answered " + made);
        }
        return made.json().get("sandboxID").asString();
    }

    /// What a command in a sandbox printed; it must end with 0.
    String run(String id, String command) {
        var result = post(
                        "/sandboxes/" + id + "/exec",
                        tools.jackson.databind.json.JsonMapper.shared().writeValueAsString(Map.of("command", command)))
                .json();
        if (result.get("exitCode").asInt() != 0) {
            throw new AssertionError(command + ": " + result);
        }
        return result.get("stdout").asString().strip();
    }

    /// The status of a call that is not the API's own, so no contract judges it.
    int status(String path, String json, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        headers.forEach(request::header);
        return CLIENT.sendAsync(request.build(), HttpResponse.BodyHandlers.discarding())
                .join()
                .statusCode();
    }

    /// A command that begins a server and ends when that listens.
    static String started(String command, int port) {
        return "setsid " + command + " >/dev/null 2>&1 & "
                + "for i in $(seq 100); do (echo > /dev/tcp/127.0.0.1/" + port
                + ") 2>/dev/null && exit 0; sleep 0.1; done; exit 1";
    }

    /// One request to a port of a sandbox, as its host name says; the whole answer.
    String ask(String id, int inner, String methodAndPath, String body, String... fields) throws IOException {
        try (Socket socket = asking(id, inner, methodAndPath, body, fields)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /// The same, its answer yet to be read.
    Socket asking(String id, int inner, String methodAndPath, String body, String... fields) throws IOException {
        var request = new StringBuilder(methodAndPath + " HTTP/1.1\r\nHost: " + inner + "-" + id
                + ".lelantos.localhost\r\nConnection: close\r\nContent-Length: " + body.length() + "\r\n");
        for (String field : fields) {
            request.append(field).append("\r\n");
        }
        request.append("\r\n").append(body);
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(WAIT_MS);
        socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    /// The status of a request to a port of a sandbox.
    int port(String id, int inner, String path) throws IOException {
        return Integer.parseInt(
                ask(id, inner, "GET " + path, "").substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
    }
}
