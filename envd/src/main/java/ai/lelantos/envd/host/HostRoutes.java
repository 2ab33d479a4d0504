package ai.lelantos.envd.host;

import ai.lelantos.envd.http.Endpoints;
import ai.lelantos.envd.http.Exchange;
import ai.lelantos.protocol.AgentVersion;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Map;

/// The host's questions to the agent: is it there, what do its commands inherit; and whom it serves from now on.
public final class HostRoutes {

    private static final Map<String, String> NO_STORE = Map.of("cache-control", "no-store");
    private static final Map<String, String> JSON_NO_STORE =
            Map.of("cache-control", "no-store", "content-type", "application/json");

    /// A request to initialise, with its environment and certificates.
    private static final int INIT_BYTES_MAX = 4 << 20;

    private final Globals globals;
    private final Init init;
    private final Metrics metrics;

    public HostRoutes(Globals globals, Init init, Metrics metrics) {
        this.globals = globals;
        this.init = init;
        this.metrics = metrics;
    }

    /// Adds these calls to the agent's table.
    public void mount(Endpoints endpoints) {
        var _ = endpoints
                .on("GET", "/health", exchange -> exchange.answer(204, NO_STORE))
                .on("GET", "/envs", this::environment)
                .on("GET", "/metrics", exchange -> exchange.answer(200, JSON_NO_STORE, metrics.json()))
                .on("POST", "/init", this::initialise);
    }

    private void environment(Exchange exchange) {
        var body = new JsonObject();
        globals.environment().forEach(body::addProperty);
        exchange.answer(200, JSON_NO_STORE, body.toString());
    }

    private void initialise(Exchange exchange) throws IOException {
        byte[] body = exchange.body().readNBytes(INIT_BYTES_MAX + 1);
        Init.Outcome outcome = body.length > INIT_BYTES_MAX
                ? new Init.Outcome(400, "the body is larger than " + INIT_BYTES_MAX + " bytes")
                : init.apply(body);
        var headers = Map.of(
                "cache-control", "no-store",
                "x-envd-version", AgentVersion.CURRENT,
                "content-type", "text/plain; charset=utf-8");
        if (outcome.status() == 204) {
            exchange.answer(204, Map.of("cache-control", "no-store", "x-envd-version", AgentVersion.CURRENT));
        } else {
            exchange.answer(outcome.status(), headers, outcome.message());
        }
    }
}
