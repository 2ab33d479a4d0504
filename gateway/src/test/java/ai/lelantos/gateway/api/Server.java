package ai.lelantos.gateway.api;

import ai.lelantos.gateway.Gateway;
import ai.lelantos.gateway.contract.Contract;
import ai.lelantos.gateway.runtime.scripted.ScriptedDriver;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One gateway for all tests of this module: embedded PostgreSQL, scripted machines.
/// Every answer is judged by the written contract.
final class Server {

    static final String KEY = "e2b_" + "0123456789abcdef".repeat(2);
    static final String ACCESS_TOKEN = "sk_e2b_" + "fedcba9876543210".repeat(2);
    static final String ADMIN_TOKEN = "admin-of-tests";
    static final String TEAM = "11111111-2222-4333-8444-555555555555";

    private static final Contract CONTRACT = Contract.read();
    private static final AtomicReference<@Nullable Server> ONE = new AtomicReference<>();

    /// Another team than the one whose key tests send.
    static final String OTHER_TEAM = "22222222-2222-4333-8444-555555555555";

    private final Path home;
    private ScriptedDriver driver;
    private Gateway gateway;
    private @Nullable Beside database;
    private @Nullable String otherKey;

    private Server(Path home) {
        this.home = home;
        this.driver = new ScriptedDriver();
        this.gateway = open(driver, Map.of());
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

    private Gateway open(ScriptedDriver machines, Map<String, String> more) {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("LELANTOS_HOME", home.toString());
        environment.put("LELANTOS_PORT", "0");
        environment.put("LELANTOS_API_KEY", KEY);
        environment.put("LELANTOS_ACCESS_TOKEN", ACCESS_TOKEN);
        environment.put("LELANTOS_ADMIN_TOKEN", ADMIN_TOKEN);
        environment.put("LELANTOS_TEAM_ID", TEAM);
        environment.put("LELANTOS_SANDBOX_METRICS_EVERY", "200ms");
        return Gateway.start(environment, (settings, homeOfIt) -> machines);
    }

    /// The gateway goes without a word and another one takes over its home, its database and its machines.
    ///
    /// @param more settings of the next one
    void restart(Map<String, String> more) {
        gateway.abandon();
        driver = driver.successor();
        gateway = open(driver, more);
    }

    /// Runs SQL beside the gateway, as an operator would; how many rows it changed.
    @CanIgnoreReturnValue
    long sql(String text) {
        if (database == null) {
            database = Beside.of(home);
        }
        return database.sql(text);
    }

    /// A key of a second team, which is made when first asked for.
    String otherKey() {
        if (otherKey == null) {
            sql("""
                    insert into teams (id, slug, name, concurrency_max, timeout_seconds_max, builds_max, cpu_max, memory_mb_max)
                    values ('%s', 'others', 'Others', 3, 3600, 1, 8, 8192)""".formatted(OTHER_TEAM));
            otherKey = mintKey(OTHER_TEAM);
        }
        return otherKey;
    }

    /// A fresh key, which no gateway remembers yet.
    String mintKey(String team) {
        return send(
                        "POST",
                        "/admin/teams/" + team + "/api-keys",
                        "{\"name\":\"minted\"}",
                        Map.of("X-Admin-Token", ADMIN_TOKEN))
                .json()
                .get("key")
                .asString();
    }

    private void close() {
        if (database != null) {
            database.close();
        }
        gateway.close();
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

    /// Ends every sandbox of the default team; afterwards nothing runs.
    void clear() {
        JsonNode left = get("/v2/sandboxes").json();
        left.forEach(each -> {
            int status =
                    delete("/sandboxes/" + each.get("sandboxID").asString()).status();
            if (status != 204) {
                throw new AssertionError("the end of " + each + " answered " + status);
            }
        });
        if (!driver.living().isEmpty()) {
            throw new AssertionError("still alive: " + driver.living());
        }
    }

    /// Sends bodies chunked, as undici does, and judges the answer.
    Answer send(String method, String path, @Nullable String body, Map<String, String> headers) {
        return new Api(gateway.address().getPort(), CONTRACT).send(method, path, body, headers);
    }
}
