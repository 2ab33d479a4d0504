package ai.lelantos.gateway.api;

import ai.lelantos.gateway.Gateway;
import ai.lelantos.gateway.contract.Contract;
import ai.lelantos.gateway.runtime.scripted.ScriptedDriver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One gateway for all tests of this module: embedded PostgreSQL, scripted machines, one scripted agent for all of
/// them.
/// Every answer is judged by the written contract.
final class Server {

    static final String KEY = "e2b_" + "0123456789abcdef".repeat(2);
    static final String ACCESS_TOKEN = "sk_e2b_" + "fedcba9876543210".repeat(2);
    static final String ADMIN_TOKEN = "admin-of-tests";
    static final String TEAM = "11111111-2222-4333-8444-555555555555";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Contract CONTRACT = Contract.read();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final AtomicReference<@Nullable Server> ONE = new AtomicReference<>();

    private final Path home;
    private final DisposableServer agent;
    private ScriptedDriver driver;
    private Gateway gateway;

    private Server(Path home) {
        this.home = home;
        this.agent = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.post(
                                "/init",
                                (request, response) -> request.receive()
                                        .then(response.status(204).send().then()))
                        .get(
                                "/health",
                                (request, response) -> response.status(204).send()))
                .bindNow();
        this.driver = new ScriptedDriver();
        this.gateway = open(driver);
    }

    /// The one that runs, started by who comes first and stopped with the JVM.
    static synchronized Server get() {
        Server server = ONE.get();
        if (server == null) {
            try {
                server = new Server(Files.createTempDirectory("lelantos-it-"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            ONE.set(server);
            Server stopped = server;
            Runtime.getRuntime().addShutdownHook(new Thread(stopped::close));
        }
        return server;
    }

    private Gateway open(ScriptedDriver machines) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LELANTOS_HOME", home.toString());
        environment.put("LELANTOS_PORT", "0");
        environment.put("LELANTOS_API_KEY", KEY);
        environment.put("LELANTOS_ACCESS_TOKEN", ACCESS_TOKEN);
        environment.put("LELANTOS_ADMIN_TOKEN", ADMIN_TOKEN);
        environment.put("LELANTOS_TEAM_ID", TEAM);
        environment.put("LELANTOS_SANDBOX_AGENT_PORT", String.valueOf(agent.port()));
        environment.put("LELANTOS_SANDBOX_METRICS_EVERY", "200ms");
        return Gateway.start(environment, (settings, homeOfIt) -> machines);
    }

    private void close() {
        gateway.close();
        agent.disposeNow();
        try (var all = Files.walk(home)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ScriptedDriver driver() {
        return driver;
    }

    Gateway gateway() {
        return gateway;
    }

    Answer get(String path) {
        return send("GET", path, null, Map.of("X-API-Key", KEY));
    }

    Answer delete(String path) {
        return send("DELETE", path, null, Map.of("X-API-Key", KEY));
    }

    Answer post(String path, String json) {
        return send("POST", path, json, Map.of("X-API-Key", KEY));
    }

    Answer put(String path, String json) {
        return send("PUT", path, json, Map.of("X-API-Key", KEY));
    }

    /// A sandbox of the base template with more properties, as JSON without braces.
    String create(String more) {
        Answer made = post("/v2/sandboxes", "{\"templateID\":\"base\"" + (more.isEmpty() ? "" : "," + more) + "}");
        if (made.status() != 201) {
            throw new AssertionError("create answered " + made);
        }
        return made.json().get("sandboxID").asString();
    }

    /// Sends bodies chunked, as undici does, and judges the answer.
    Answer send(String method, String path, @Nullable String body, Map<String, String> headers) {
        BodyPublisher publisher = body == null
                ? BodyPublishers.noBody()
                : BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body.getBytes(StandardCharsets.UTF_8)));
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + gateway.address().getPort() + path))
                .timeout(Duration.ofSeconds(70))
                .method(method, publisher);
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        headers.forEach(request::header);
        try {
            HttpResponse<byte[]> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            Answer answer = new Answer(
                    response.statusCode(),
                    new String(response.body(), StandardCharsets.UTF_8),
                    response.headers().map());
            List<String> faults = CONTRACT.faults(
                    method,
                    path.indexOf('?') < 0 ? path : path.substring(0, path.indexOf('?')),
                    response.statusCode(),
                    response.headers().firstValue("content-type").orElse(null),
                    response.body());
            if (!faults.isEmpty()) {
                throw new AssertionError(method + " " + path + " breaks the contract: " + faults + " in " + answer);
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// What came back.
    record Answer(int status, String text, Map<String, List<String>> headers) {

        JsonNode json() {
            return JSON.readTree(text);
        }

        @Nullable
        String header(String name) {
            List<String> values = headers.get(name.toLowerCase(java.util.Locale.ROOT));
            return values == null ? null : values.getFirst();
        }

        String message() {
            return json().get("message").asString();
        }
    }
}
