package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Contract section 23.1 over HTTP.
class LifecycleIT {

    private static final String UNKNOWN = "/sandboxes/nonexistingsandbox";

    private final Server server = Server.get();

    @AfterEach
    void nothingIsLeft() {
        server.get("/v2/sandboxes")
                .json()
                .forEach(each -> assertThat(server.delete(
                                        "/sandboxes/" + each.get("sandboxID").asString())
                                .status())
                        .isEqualTo(204));
        assertThat(server.driver().living()).isEmpty();
    }

    @Test
    void createAnswersTheBaseTemplateRunning() {
        var made = server.post("/v2/sandboxes", "{\"templateID\":\"base\"}");
        assertThat(made.status()).isEqualTo(201);
        JsonNode json = made.json();
        assertThat(json.get("templateID").asString()).isEqualTo("base");
        assertThat(json.get("alias").asString()).isEqualTo("base");
        assertThat(json.get("envdAccessToken").asString()).hasSize(64);
        assertThat(json.get("trafficAccessToken").isNull()).isTrue();
        JsonNode shown = server.get("/sandboxes/" + json.get("sandboxID").asString() + "-6532622b")
                .json();
        assertThat(shown.get("state").asString()).isEqualTo("running");
        assertThat(Duration.between(at(shown, "startedAt"), at(shown, "endAt"))).isEqualTo(Duration.ofMinutes(5));
        assertThat(shown.get("envdAccessToken")).isEqualTo(json.get("envdAccessToken"));
    }

    @Test
    void aKilledSandboxIsUnknown() {
        String id = server.create("");
        assertThat(server.delete("/sandboxes/" + id).status()).isEqualTo(204);
        assertThat(server.get("/sandboxes/" + id).status()).isEqualTo(404);
        assertThat(server.delete("/sandboxes/" + id).status()).isEqualTo(404);
        assertThat(server.post("/sandboxes/" + id + "/connect", "{}").status()).isEqualTo(404);
        assertThat(server.get("/v2/sandboxes").text()).doesNotContain(id);
    }

    @Test
    void everyVerbAnswers404ForTheUnknown() {
        for (String verb : new String[] {"/connect", "/resume", "/pause", "/refreshes"}) {
            var answer = server.post(UNKNOWN + verb, "{}");
            assertThat(answer.status()).as(verb).isEqualTo(404);
            assertThat(answer.message()).contains("doesn't exist or you don't have access to it");
        }
        assertThat(server.post(UNKNOWN + "/timeout", "{\"timeout\":5}").status())
                .isEqualTo(404);
        assertThat(server.delete(UNKNOWN).status()).isEqualTo(404);
        assertThat(server.get("/sandboxes/not_an_id").status()).isEqualTo(400);
    }

    @Test
    void pausedSandboxesKeepEverythingAndRefuseASecondPause() {
        String id = server.create("\"metadata\":{\"a b\":\"c=d&é\"},\"autoPause\":true,\"allow_internet_access\":false,"
                + "\"network\":{\"allowPublicTraffic\":false,\"maskRequestHost\":\"box.example:${PORT}\","
                + "\"httpsPorts\":[8443],\"denyOut\":[\"0.0.0.0/0\"]}");
        JsonNode before = server.get("/sandboxes/" + id).json();
        assertThat(before.get("sandboxID").asString()).isEqualTo(id);
        assertThat(before.get("network").get("maskRequestHost").asString()).isEqualTo("box.example:${PORT}");
        assertThat(server.post("/sandboxes/" + id + "/pause", "{}").status()).isEqualTo(204);
        assertThat(server.post("/sandboxes/" + id + "/pause", "{}").status()).isEqualTo(409);
        JsonNode paused = server.get("/sandboxes/" + id).json();
        assertThat(paused.get("state").asString()).isEqualTo("paused");
        for (String same :
                new String[] {"metadata", "lifecycle", "allowInternetAccess", "network", "envdAccessToken", "startedAt"
                }) {
            assertThat(paused.get(same)).as(same).isEqualTo(before.get(same));
        }
        assertThat(server.post("/sandboxes/" + id + "/timeout", "{\"timeout\":5}")
                        .status())
                .isEqualTo(404);
        assertThat(server.post("/sandboxes/" + id + "/connect", "{\"timeout\":60}")
                        .status())
                .isEqualTo(201);
        assertThat(server.post("/sandboxes/" + id + "/connect", "{\"timeout\":60}")
                        .status())
                .isEqualTo(200);
        assertThat(server.post("/sandboxes/" + id + "/resume", "{}").status()).isEqualTo(409);
        assertThat(server.get("/sandboxes/" + id).json().get("state").asString())
                .isEqualTo("running");
    }

    @Test
    void connectNeverShortens() {
        String id = server.create("\"timeout\":600");
        JsonNode before = server.get("/sandboxes/" + id).json();
        assertThat(server.post("/v2/sandboxes/" + id + "/connect", "{\"timeout\":30}")
                        .status())
                .isEqualTo(200);
        assertThat(server.get("/sandboxes/" + id).json().get("endAt")).isEqualTo(before.get("endAt"));
        assertThat(server.post("/sandboxes/" + id + "/refreshes", "{\"duration\":10}")
                        .status())
                .isEqualTo(204);
        assertThat(server.get("/sandboxes/" + id).json().get("endAt")).isEqualTo(before.get("endAt"));
        assertThat(server.post("/sandboxes/" + id + "/timeout", "{\"timeout\":60}")
                        .status())
                .isEqualTo(204);
        assertThat(at(server.get("/sandboxes/" + id).json(), "endAt")).isBefore(at(before, "endAt"));
    }

    @Test
    void expiryEndsOrPausesWithinItsTime() {
        String ended = server.create("\"timeout\":1");
        String paused = server.create("\"timeout\":1,\"autoPause\":true");
        await(() -> server.get("/sandboxes/" + ended).status() == 404);
        await(() -> server.get("/sandboxes/" + paused)
                .json()
                .get("state")
                .asString()
                .equals("paused"));
        JsonNode shown = server.get("/sandboxes/" + paused).json();
        // Its end is when it was paused, which must be within 100 ms of when it was due.
        assertThat(Duration.between(at(shown, "startedAt").plusSeconds(1), at(shown, "endAt")))
                .isBetween(Duration.ZERO, Duration.ofMillis(400));
    }

    /// Row 4: an end that was moved out again before it came is no end.
    @Test
    void whoseEndWasMovedOutAgainLives() {
        String moved = server.create("\"timeout\":600");
        String path = "/sandboxes/" + moved;
        assertThat(server.post(path + "/timeout", "{\"timeout\":1}").status()).isEqualTo(204);
        String other = server.create("\"timeout\":1");
        assertThat(server.post(path + "/timeout", "{\"timeout\":600}").status()).isEqualTo(204);
        await(() -> server.get("/sandboxes/" + other).status() == 404);
        assertThat(server.get(path).json().get("state").asString()).isEqualTo("running");
        assertThat(server.post(path + "/connect", "{}").status()).isEqualTo(200);
    }

    @Test
    void wrongBodiesAreNamed() {
        assertThat(server.post("/sandboxes", "{").message()).startsWith("validation error");
        assertThat(server.post("/sandboxes", "{\"templateID\":7}").message()).contains("templateID");
        assertThat(server.post("/sandboxes", "{\"templateID\":\"a/b/c\"}").message())
                .startsWith("Invalid template reference");
        assertThat(server.post("/sandboxes", "{\"templateID\":\"nothing\"}").status())
                .isEqualTo(404);
        assertThat(server.post("/sandboxes", "{\"templateID\":\"base:old\"}").message())
                .isEqualTo("tag 'old' does not exist for template 'base'");
        assertThat(server.post("/sandboxes", "{\"templateID\":\"base\",\"timeout\":0}")
                        .message())
                .isEqualTo("Timeout must be greater than 0");
        assertThat(server.post("/sandboxes", "{\"templateID\":\"base\",\"timeout\":90000}")
                        .message())
                .isEqualTo("Timeout cannot be greater than 24 hours");
        assertThat(server.post("/sandboxes", "{\"templateID\":\"base\",\"autoPauseMemory\":false}")
                        .message())
                .isEqualTo("autoPauseMemory=false only applies when autoPause is true.");
    }

    @Test
    void anOpenSandboxHasNoToken() {
        var made = server.send(
                "POST",
                "/sandboxes",
                "{\"templateID\":\"base\"}",
                Map.of("X-API-Key", "lel_" + Server.KEY.substring(4), "publisher", "e2b"));
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.json().has("envdAccessToken")).isFalse();
        JsonNode shown = server.get("/sandboxes/" + made.json().get("sandboxID").asString())
                .json();
        assertThat(Duration.between(at(shown, "startedAt"), at(shown, "endAt"))).isEqualTo(Duration.ofSeconds(15));
    }

    private static Instant at(JsonNode json, String name) {
        return Instant.parse(json.get(name).asString());
    }

    static void await(java.util.function.BooleanSupplier condition) {
        Instant end = Instant.now().plusSeconds(10);
        while (!condition.getAsBoolean()) {
            assertThat(Instant.now()).as("waited 10 s").isBefore(end);
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
    }
}
