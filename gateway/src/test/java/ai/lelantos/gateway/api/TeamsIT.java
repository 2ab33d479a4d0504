package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Contract 23.8 and the rows of 23.1 that need two teams: who may do what, and how much of it.
class TeamsIT {

    private static final String BASE = "{\"templateID\":\"base\"}";
    private static final Map<String, String> ADMIN = Map.of("X-Admin-Token", Server.ADMIN_TOKEN);

    private final Server server = Server.get();
    private final String other = server.otherKey();

    @AfterEach
    void nothingIsLeft() {
        server.sql("update teams set banned = false, blocked_reason = null");
        Answer killed = server.send("POST", "/admin/teams/" + Server.OTHER_TEAM + "/sandboxes/kill", null, ADMIN);
        assertThat(killed.json().get("failedCount").asInt()).isZero();
        server.clear();
    }

    @Test
    void anotherTeamsSandboxIsUnknownOnEveryRoute() {
        String path = "/sandboxes/" + server.create("\"metadata\":{\"owner\":\"first\"}");
        for (String verb : List.of("/connect", "/resume", "/pause", "/refreshes", "/exec")) {
            Answer answer = as(other, "POST", path + verb, "{\"command\":\"true\"}");
            assertThat(answer.status()).as(verb).isEqualTo(404);
            assertThat(answer.message()).contains("doesn't exist or you don't have access to it");
        }
        assertThat(as(other, "POST", path + "/timeout", "{\"timeout\":9}").status())
                .isEqualTo(404);
        assertThat(as(other, "PUT", path + "/network", "{}").status()).isEqualTo(404);
        assertThat(as(other, "GET", path, null).status()).isEqualTo(404);
        assertThat(as(other, "GET", path + "/files?path=x", null).status()).isEqualTo(404);
        assertThat(as(other, "DELETE", path, null).status()).isEqualTo(404);
        assertThat(as(other, "GET", path + "/metrics", null).json().size()).isZero();
        assertThat(as(other, "GET", path + "/logs", null).json().get("logs").size())
                .isZero();
        for (String list : List.of("/sandboxes", "/v2/sandboxes", "/v2/sandboxes?metadata=owner%3Dfirst")) {
            assertThat(as(other, "GET", list, null).json().size()).as(list).isZero();
        }
        assertThat(server.get(path).json().get("state").asString()).isEqualTo("running");
    }

    @Test
    void aBlockedTeamMayReadAndEndButNotChange() {
        String id =
                as(other, "POST", "/v2/sandboxes", BASE).json().get("sandboxID").asString();
        String key = server.mintKey(Server.OTHER_TEAM);
        server.sql("update teams set blocked_reason = 'unpaid' where id = '" + Server.OTHER_TEAM + "'");
        for (String read : List.of(
                "/sandboxes",
                "/v2/sandboxes",
                "/sandboxes/" + id,
                "/sandboxes/" + id + "/logs",
                "/sandboxes/" + id + "/metrics",
                "/sandboxes/metrics?sandbox_ids=" + id,
                "/v2/sandboxes/" + id + "/logs",
                "/templates",
                "/v2/templates",
                "/snapshots",
                "/api-keys",
                "/teams/" + Server.OTHER_TEAM + "/metrics")) {
            assertThat(as(key, "GET", read, null).status()).as(read).isEqualTo(200);
        }
        for (String verb : List.of("/connect", "/resume", "/pause", "/refreshes", "/timeout", "/fork", "/snapshots")) {
            Answer answer = as(key, "POST", "/sandboxes/madeup" + verb, "{}");
            assertThat(answer.status()).as(verb).isEqualTo(403);
            assertThat(answer.message()).isEqualTo("team is blocked: unpaid");
        }
        assertThat(as(key, "POST", "/v2/sandboxes", "{").status())
                .as("before the body")
                .isEqualTo(403);
        assertThat(as(key, "POST", "/api-keys", "{\"name\":\"x\"}").status()).isEqualTo(403);
        assertThat(as(key, "PUT", "/sandboxes/madeup/network", "{}").status()).isEqualTo(403);
        assertThat(as(key, "POST", "/templates/tags", "{\"target\":\"madeup\",\"tags\":[\"a\"]}")
                        .status())
                .isEqualTo(403);
        assertThat(as(key, "PATCH", "/templates/madeup", "{}").status()).isEqualTo(403);
        assertThat(as(key, "DELETE", "/sandboxes/madeup", null).status()).isEqualTo(404);
        assertThat(as(key, "DELETE", "/templates/madeup", null).status()).isEqualTo(404);
        assertThat(as(key, "DELETE", "/templates/tags", "{\"name\":\"madeup\",\"tags\":[\"a\"]}")
                        .status())
                .isEqualTo(404);
        assertThat(as(key, "DELETE", "/api-keys/00000000-0000-4000-8000-000000000000", null)
                        .status())
                .isEqualTo(404);
        assertThat(as(key, "DELETE", "/sandboxes/" + id, null).status()).isEqualTo(204);
    }

    @Test
    void aBannedTeamMayNothing() {
        String key = server.mintKey(Server.OTHER_TEAM);
        server.sql("update teams set banned = true where id = '" + Server.OTHER_TEAM + "'");
        for (String path : List.of("/v2/sandboxes", "/sandboxes/madeup", "/templates", "/api-keys")) {
            Answer answer = as(key, "GET", path, null);
            assertThat(answer.status()).as(path).isEqualTo(403);
            assertThat(answer.message()).isEqualTo("team is banned");
        }
        assertThat(as(key, "DELETE", "/sandboxes/madeup", null).status()).isEqualTo(403);
    }

    @Test
    void aKeyTellsWhenItWasUsed() {
        JsonNode key = server.post("/api-keys", "{\"name\":\"watched\"}").json();
        String id = key.get("id").asString();
        assertThat(listed(id).path("lastUsed").isString()).isFalse();
        assertThat(as(key.get("key").asString(), "GET", "/v2/sandboxes", null).status())
                .isEqualTo(200);
        assertThat(listed(id).get("lastUsed").asString()).endsWith("Z");
        // Row 44.
        assertThat(as("e2b_" + "0".repeat(40), "GET", "/v2/sandboxes", null).message())
                .endsWith("Cannot get the team for the given API key");
        assertThat(server.delete("/api-keys/" + id).status()).isEqualTo(204);
    }

    @Test
    void aTeamRunsAsManyAsItMay() {
        List<String> made = java.util.stream.IntStream.range(0, 3)
                .mapToObj(i -> as(other, "POST", "/v2/sandboxes", BASE)
                        .json()
                        .get("sandboxID")
                        .asString())
                .toList();
        Answer refused = as(other, "POST", "/v2/sandboxes", BASE);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.message()).startsWith("you have reached the maximum number of concurrent E2B sandboxes (3)");
        assertThat(refused.header("retry-after")).isNull();
        String first = "/sandboxes/" + made.getFirst();
        assertThat(as(other, "POST", first + "/pause", "{}").status()).isEqualTo(204);
        assertThat(as(other, "POST", "/v2/sandboxes", BASE).status()).isEqualTo(201);
        assertThat(as(other, "POST", first + "/connect", "{}").status()).isEqualTo(429);
        assertThat(as(other, "GET", first, null).json().get("state").asString()).isEqualTo("paused");
        assertThat(as(other, "DELETE", "/sandboxes/" + made.getLast(), null).status())
                .isEqualTo(204);
        assertThat(as(other, "POST", first + "/connect", "{}").status()).isEqualTo(201);
    }

    @Test
    void ofManyAtTheLimitExactlySoManyPass() {
        List<Answer> answers = Api.together(12, () -> as(other, "POST", "/v2/sandboxes", BASE));
        assertThat(answers.stream().filter(each -> each.status() == 201)).hasSize(3);
        assertThat(answers.stream().filter(each -> each.status() == 429)).hasSize(9);
    }

    @Test
    void aRateLimitTellsWhatIsLeftAndWhenToComeAgain() {
        server.restart(Map.of("LELANTOS_RATE_LIMIT", "1", "LELANTOS_RATE_BURST", "2"));
        try {
            Answer first = as(other, "GET", "/templates", null);
            assertThat(first.status()).isEqualTo(200);
            assertThat(first.header("ratelimit-limit")).isEqualTo("2");
            assertThat(first.header("ratelimit-remaining")).isEqualTo("1");
            List<Answer> more = Api.together(8, () -> as(other, "GET", "/templates", null));
            Answer refused = more.stream()
                    .filter(each -> each.status() == 429)
                    .findFirst()
                    .orElseThrow();
            assertThat(refused.message()).isEqualTo("Rate limit exceeded");
            assertThat(refused.header("retry-after")).matches("[1-9][0-9]*");
            assertThat(refused.header("ratelimit-reset")).matches("[0-9]+");
            assertThat(as(other, "GET", "/snapshots", null).status()).isEqualTo(200);
            assertThat(server.get("/templates").status()).isEqualTo(200);
        } finally {
            server.restart(Map.of());
        }
        assertThat(as(other, "GET", "/templates", null).header("ratelimit-limit"))
                .isNull();
    }

    private JsonNode listed(String id) {
        for (JsonNode each : server.get("/api-keys").json()) {
            if (each.get("id").asString().equals(id)) {
                return each;
            }
        }
        throw new AssertionError("no key " + id);
    }

    private Answer as(String key, String method, String path, @Nullable String body) {
        return server.send(method, path, body, Map.of("X-API-Key", key));
    }
}
