package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Contract sections 23.2, 23.6 and 23.8 over HTTP: lists, logs, metrics, keys.
class ListIT {

    private final Server server = Server.get();

    @AfterEach
    void nothingIsLeft() {
        server.get("/v2/sandboxes")
                .json()
                .forEach(each -> assertThat(server.delete(
                                        "/sandboxes/" + each.get("sandboxID").asString())
                                .status())
                        .isEqualTo(204));
    }

    @Test
    void pagesWalkEveryStateNewestFirstAndEnd() {
        List<String> made = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            made.add(server.create("\"metadata\":{\"suite\":\"pages\",\"n\":\"" + i % 2 + "\"}"));
        }
        assertThat(server.post("/sandboxes/" + made.get(1) + "/pause", "{}").status())
                .isEqualTo(204);
        Collections.reverse(made);
        assertThat(walk("metadata=suite%3Dpages&limit=1")).isEqualTo(made);
        assertThat(walk("metadata=suite%3Dpages&limit=3&order=asc")).isEqualTo(made.reversed());
        assertThat(walk("metadata=suite%3Dpages&state=paused")).containsExactly(made.get(2));
        assertThat(walk("metadata=suite%253Dpages%2526n%253D0&state=running,paused"))
                .hasSize(2);
        assertThat(walk("metadata=suite%3Dpages%26n%3D2")).isEmpty();
        assertThat(walk("metadata=suite%3Dpage")).isEmpty();
        var counted = server.get("/v2/sandboxes?metadata=suite%3Dpages&limit=1&state=running");
        assertThat(counted.header("x-total-running")).isEqualTo("3");
        assertThat(server.get("/sandboxes?metadata=suite%3Dpages").json().size())
                .isEqualTo(3);
        assertThat(walk("template=base&metadata=suite%3Dpages")).hasSize(4);
        assertThat(walk("template=nothing-here")).isEmpty();
        String newest = server.get("/sandboxes/" + made.getFirst())
                .json()
                .get("startedAt")
                .asString();
        assertThat(walk("metadata=suite%3Dpages&startedAfter=" + newest)).containsExactly(made.getFirst());
        assertThat(walk("metadata=suite%3Dpages&startedAfter="
                        + Instant.parse(newest).plusSeconds(1)))
                .isEmpty();
    }

    @Test
    void wrongParametersAreRefused() {
        for (String wrong : List.of(
                "state=gone",
                "order=up",
                "limit=0",
                "limit=101",
                "nextToken=x",
                "metadata=%25zz",
                "startedAfter=soon",
                "template=base%3Av1")) {
            assertThat(server.get("/v2/sandboxes?" + wrong).status()).as(wrong).isEqualTo(400);
        }
        String token = java.util.Objects.requireNonNullElse(twoAndTheirToken(), "");
        assertThat(server.get("/v2/sandboxes?order=asc&nextToken=" + token).message())
                .isEqualTo("Invalid next token");
    }

    @Test
    void eventsOutliveTheSandboxInEachClientsFormat() {
        String id = server.create("");
        assertThat(server.post("/sandboxes/" + id + "/pause", "{}").status()).isEqualTo(204);
        assertThat(server.post("/sandboxes/" + id + "/connect", "{}").status()).isEqualTo(201);
        assertThat(server.delete("/sandboxes/" + id).status()).isEqualTo(204);
        List<String> lines =
                texts(server.get("/sandboxes/" + id + "/logs").json().get("logs"), "line");
        assertThat(lines)
                .containsExactly(
                        "sandbox.lifecycle.created",
                        "sandbox.lifecycle.running",
                        "sandbox.lifecycle.paused",
                        "sandbox.lifecycle.resumed",
                        "sandbox.lifecycle.running",
                        "sandbox.lifecycle.killed");
        assertThat(texts(server.get("/sandboxes/" + id + "/logs?start=5").json().get("logs"), "line"))
                .containsExactly("sandbox.lifecycle.killed");
        JsonNode e2b = server.send(
                        "GET", "/sandboxes/" + id + "/logs", null, Map.of("X-API-Key", Server.KEY, "publisher", "e2b"))
                .json();
        assertThat(e2b.get("logs").get(0).get("line").asString())
                .startsWith("{")
                .contains("\"level\":\"info\"");
        JsonNode newest = server.get("/v2/sandboxes/" + id + "/logs?search=killed&level=info&limit=1")
                .json();
        assertThat(newest.get("logs").get(0).get("message").asString()).isEqualTo("sandbox.lifecycle.killed");
        assertThat(server.get("/sandboxes/inothing/logs").json().get("logs").size())
                .isZero();
    }

    @Test
    void everyRunningSandboxIsMeasured() {
        String id = server.create("");
        LifecycleIT.await(
                () -> server.get("/sandboxes/" + id + "/metrics").json().size() > 0);
        String second = server.create("");
        LifecycleIT.await(
                () -> server.get("/sandboxes/" + second + "/metrics").json().size() > 0);
        JsonNode both = server.get("/sandboxes/metrics?sandbox_ids=" + id + ",iother," + second)
                .json()
                .get("sandboxes");
        assertThat(both.propertyNames()).containsExactlyInAnyOrder(id, second);
        JsonNode sample = both.get(id);
        for (String field : List.of("cpuCount", "cpuUsedPct", "memUsed", "memTotal", "diskUsed", "diskTotal")) {
            assertThat(sample.get(field).asDouble()).as(field).isPositive();
        }
        assertThat(server.get("/sandboxes/" + id + "/metrics?start=10&end=20")
                        .json()
                        .size())
                .isZero();
        long now = Instant.now().getEpochSecond();
        JsonNode within = server.get("/sandboxes/" + id + "/metrics?start=" + (now - 60) + "&end=" + (now + 1))
                .json();
        assertThat(within.size()).isPositive();
        within.forEach(each -> assertThat(each.get("timestampUnix").asLong()).isBetween(now - 60, now + 1));
        assertThat(server.get("/sandboxes/" + id + "/metrics?start=20&end=10").status())
                .isEqualTo(400);
    }

    /// Row 33.
    @Test
    void aTeamIsMeasured() {
        long before = Instant.now().getEpochSecond();
        assertThat(server.create("")).isNotEmpty();
        String path = "/teams/" + Server.TEAM + "/metrics";
        String since = "start=" + before + "&end=" + (before + 60);
        for (String field : List.of("concurrentSandboxes", "sandboxStartRate")) {
            LifecycleIT.await(() -> numbers(server.get(path + "?" + since).json(), field).stream()
                    .anyMatch(each -> each > 0));
        }
        server.get(path + "?" + since)
                .json()
                .forEach(each -> assertThat(each.get("timestampUnix").asLong()).isGreaterThanOrEqualTo(before));
        assertThat(max("concurrent_sandboxes", since)).isGreaterThanOrEqualTo(1);
        assertThat(max("sandbox_start_rate", since)).isPositive();
        assertThat(server.get(path + "?start=10&end=20").json().size()).isZero();
        assertThat(max("concurrent_sandboxes", "start=10&end=20")).isZero();
        assertThat(server.get(path + "?start=20&end=10").status()).isEqualTo(400);
        assertThat(server.get(path + "?end=" + (before + 100_000)).message()).startsWith("end time cannot be after ");
        assertThat(server.get(path + "/max?metric=other").status()).isEqualTo(400);
        assertThat(server.get("/teams/00000000-0000-4000-8000-000000000000/metrics")
                        .status())
                .isEqualTo(403);
    }

    @Test
    void aRevokedKeyIsRefusedAtOnce() {
        JsonNode key = server.post("/api-keys", "{\"name\":\"short-lived\"}").json();
        Map<String, String> header = Map.of("X-API-Key", key.get("key").asString());
        assertThat(server.send("GET", "/v2/sandboxes", null, header).status()).isEqualTo(200);
        JsonNode listed = server.get("/api-keys").json();
        assertThat(texts(listed, "name")).contains("short-lived");
        assertThat(server.delete("/api-keys/" + key.get("id").asString()).status())
                .isEqualTo(204);
        assertThat(server.send("GET", "/v2/sandboxes", null, header).status()).isEqualTo(401);
        assertThat(server.send("GET", "/v2/sandboxes", null, Map.of()).message())
                .isEqualTo("authorization header is missing");
        assertThat(server.send("GET", "/v2/sandboxes", null, Map.of("X-API-Key", "e2b_XYZ"))
                        .message())
                .endsWith("Invalid API key format");
        assertThat(server.send("GET", "/teams", null, Map.of("Authorization", "Bearer " + Server.ACCESS_TOKEN))
                        .json()
                        .get(0)
                        .get("isDefault")
                        .asBoolean())
                .isTrue();
        assertThat(server.send("GET", "/nodes", null, Map.of("X-Admin-Token", "wrong"))
                        .status())
                .isEqualTo(401);
        assertThat(server.send("GET", "/nodes", null, Map.of("X-Admin-Token", Server.ADMIN_TOKEN))
                        .status())
                .isEqualTo(200);
        assertThat(server.send(
                                "GET",
                                "/v2/sandboxes",
                                null,
                                Map.of("X-Admin-Token", Server.ADMIN_TOKEN, "X-Team-ID", Server.TEAM))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void theBaseTemplateCanBeRead() {
        assertThat(texts(server.get("/templates").json(), "templateID")).containsExactly("base");
        assertThat(server.get("/v2/templates?limit=1").header("x-next-token")).isNull();
        assertThat(server.get("/templates/base").json().get("builds").size()).isEqualTo(1);
        assertThat(server.get("/templates/aliases/base").json().get("public").asBoolean())
                .isTrue();
        assertThat(server.get("/templates/aliases/nope%2Fnope").status()).isEqualTo(400);
        assertThat(server.get("/templates/base/tags").json().get(0).get("tag").asString())
                .isEqualTo("default");
        assertThat(server.post("/v3/templates", "{\"name\":\"x\"}").status()).isEqualTo(501);
        assertThat(server.get("/health").text()).isEqualTo("Health check successful");
    }

    private @org.jspecify.annotations.Nullable String twoAndTheirToken() {
        assertThat(List.of(server.create(""), server.create(""))).doesNotHaveDuplicates();
        return server.get("/v2/sandboxes?limit=1").header("x-next-token");
    }

    private double max(String metric, String range) {
        return server.get("/teams/" + Server.TEAM + "/metrics/max?metric=" + metric + "&" + range)
                .json()
                .get("value")
                .asDouble();
    }

    private static List<Double> numbers(JsonNode array, String name) {
        List<Double> numbers = new ArrayList<>();
        array.forEach(each -> numbers.add(each.get(name).asDouble()));
        return numbers;
    }

    private List<String> walk(String query) {
        List<String> ids = new ArrayList<>();
        String token = "";
        do {
            var page = server.get("/v2/sandboxes?" + query + "&nextToken=" + token);
            assertThat(page.status()).as(query + " " + page.text()).isEqualTo(200);
            ids.addAll(texts(page.json(), "sandboxID"));
            token = page.header("x-next-token");
        } while (token != null);
        return ids;
    }

    private static List<String> texts(JsonNode array, String name) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.get(name).asString()));
        return texts;
    }
}
