package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Rows of contract 23.1 and 23.4 that need a real sandbox with a real agent, over HTTP against the running product.
class ProductIT {

    private static final String BOOT_ID = "cat /proc/sys/kernel/random/boot_id";

    private final Product product = Product.get();

    @AfterEach
    void nothingIsLeft() {
        product.get("/v2/sandboxes")
                .json()
                .forEach(each -> assertThat(product.delete(
                                        "/sandboxes/" + each.get("sandboxID").asString())
                                .status())
                        .isEqualTo(204));
    }

    @Test
    void row4AShortenedTimeEndsTheSandboxForEveryone() throws IOException {
        String id = product.create("\"timeout\":300");
        assertThat(product.port(id, 49_983, "/health")).isEqualTo(204);
        assertThat(product.post("/sandboxes/" + id + "/timeout", "{\"timeout\":1}")
                        .status())
                .isEqualTo(204);
        LifecycleIT.await(() -> product.get("/sandboxes/" + id).status() == 404);
        assertThat(product.port(id, 49_983, "/health")).isEqualTo(502);
    }

    /// Rows 6, 7, 10 and 12: paused by its time, it goes on exactly where it stood.
    @Test
    void row7APauseKeepsMemoryProcessesListenersAndVariables() throws IOException {
        String id = product.create("\"timeout\":300,\"autoPause\":true,\"envVars\":{\"COLOUR\":\"blue\"}");
        var _ = product.run(
                id,
                "cd /tmp; echo kept > file; (setsid python3 -m http.server 8000 >/dev/null 2>&1 &); "
                        + "for i in $(seq 100); do (echo > /dev/tcp/127.0.0.1/8000) 2>/dev/null && exit 0; sleep 0.1; done; exit 1");
        String pid = product.run(id, "pgrep -f http.server");
        String boot = product.run(id, BOOT_ID);
        pausedByItsTime(id);
        assertThat(product.post("/sandboxes/" + id + "/connect", "{\"timeout\":60}")
                        .status())
                .isEqualTo(201);
        assertThat(product.run(id, "pgrep -f http.server")).isEqualTo(pid);
        assertThat(product.run(id, BOOT_ID)).isEqualTo(boot);
        assertThat(product.port(id, 8000, "/file")).isEqualTo(200);
        assertThat(product.run(id, "cat /tmp/file; echo $COLOUR; whoami; pwd"))
                .isEqualTo("kept\nblue\nuser\n/home/user");
    }

    /// Traffic does not wake it: nobody asked for that.
    private void pausedByItsTime(String id) throws IOException {
        assertThat(product.post("/sandboxes/" + id + "/timeout", "{\"timeout\":0}")
                        .status())
                .isEqualTo(204);
        LifecycleIT.await(() -> state(id).equals("paused"));
        assertThat(product.port(id, 8000, "/")).isEqualTo(502);
        assertThat(state(id)).isEqualTo("paused");
    }

    @Test
    void row8AFileSystemOnlyPauseKeepsFilesAndNothingElse() throws IOException {
        String id = product.create("\"timeout\":300,\"autoPause\":true,\"autoPauseMemory\":false");
        String token = token(id);
        var _ = product.run(id, "echo kept > file; setsid sleep 1000 >/dev/null 2>&1 & ");
        assertThat(product.run(id, "pgrep -x sleep")).isNotBlank();
        String boot = product.run(id, BOOT_ID);
        assertThat(boot)
                .hasSize(36)
                .isNotEqualTo(Files.readString(Path.of(BOOT_ID.substring(4))).strip());
        pausedByItsTime(id);
        assertThat(product.post("/sandboxes/" + id + "/resume", "{\"timeout\":60}")
                        .status())
                .isEqualTo(201);
        assertThat(product.run(id, "cat file; pgrep -x sleep || echo none; whoami; pwd"))
                .isEqualTo("kept\nnone\nuser\n/home/user");
        String second = product.run(id, BOOT_ID);
        assertThat(second).hasSize(36).isNotEqualTo(boot);
        assertThat(token(id)).isEqualTo(token);
        assertThat(product.post("/sandboxes/" + id + "/pause", "{\"memory\":false}")
                        .status())
                .isEqualTo(204);
        assertThat(product.post("/v2/sandboxes/" + id + "/connect", "{}").status())
                .isEqualTo(201);
        assertThat(product.run(id, "cat file")).isEqualTo("kept");
        assertThat(product.run(id, BOOT_ID)).hasSize(36).isNotIn(boot, second);
    }

    @Test
    void row9TrafficWakesWhoAskedForIt() throws IOException {
        String id = product.create("\"timeout\":300,\"autoPause\":true,\"autoResume\":{\"enabled\":true}");
        var _ = product.run(
                id,
                "(setsid python3 -m http.server 8000 >/dev/null 2>&1 &); "
                        + "for i in $(seq 100); do (echo > /dev/tcp/127.0.0.1/8000) 2>/dev/null && exit 0; sleep 0.1; done; exit 1");
        assertThat(product.post("/sandboxes/" + id + "/pause", "{}").status()).isEqualTo(204);
        assertThat(product.port(id, 8000, "/")).isEqualTo(200);
        assertThat(state(id)).isEqualTo("running");
        JsonNode shown = product.get("/sandboxes/" + id).json();
        assertThat(java.time.Duration.between(
                        java.time.Instant.parse(shown.get("startedAt").asString()),
                        java.time.Instant.parse(shown.get("endAt").asString())))
                .isEqualTo(java.time.Duration.ofMinutes(5));
        assertThat(product.post("/sandboxes/" + id + "/pause", "{}").status()).isEqualTo(204);
        assertThat(agent(id, Map.of())).as("no token, no waking").isEqualTo(403);
        assertThat(state(id)).isEqualTo("paused");
        assertThat(agent(id, Map.of("X-Access-Token", token(id)))).isEqualTo(200);
        assertThat(state(id)).isEqualTo("running");
    }

    @Test
    void row13RapidPausesLeaveFilesAndMemoryAsTheyWere() {
        String id = product.create("");
        var _ = product.run(
                id,
                "head -c 5000000 /dev/urandom > big; truncate -s 1000000 sparse; "
                        + "setsid sh -c 'x=17; while :; do sleep 0.05; echo $x > alive; done' >/dev/null 2>&1 &");
        String sums = product.run(id, "sha256sum big sparse; stat -c %s big sparse");
        for (int i = 0; i < 5; i++) {
            assertThat(product.post("/sandboxes/" + id + "/pause", "{}").status())
                    .isEqualTo(204);
            assertThat(product.post("/sandboxes/" + id + "/resume", "{\"timeout\":60}")
                            .status())
                    .isEqualTo(201);
        }
        assertThat(product.run(id, "sha256sum big sparse; stat -c %s big sparse"))
                .isEqualTo(sums);
        assertThat(
                        product.run(
                                id,
                                "rm -f alive; for i in $(seq 100); do [ -s alive ] && cat alive && exit 0; sleep 0.1; done; exit 1"))
                .isEqualTo("17");
    }

    @Test
    void row27ASecuredAgentTakesItsTokenOnly() {
        String id = product.create("");
        String token = token(id);
        assertThat(agent(id, Map.of())).isEqualTo(401);
        assertThat(agent(id, Map.of("X-Access-Token", token.replace(token.charAt(0), '_'))))
                .isEqualTo(401);
        assertThat(agent(id, Map.of("X-Access-Token", token))).isEqualTo(200);
        assertThat(product.post("/sandboxes/" + id + "/connect", "{}")
                        .json()
                        .get("envdAccessToken")
                        .asString())
                .isEqualTo(token);
    }

    @Test
    void row28InitIsOutOfReach() throws IOException {
        String id = product.create("");
        assertThat(product.port(id, 49_983, "/init")).isEqualTo(404);
    }

    @Test
    void row29AnOpenAgentAsksForNothing() {
        Answer made = product.post("/sandboxes", "{\"templateID\":\"base\",\"timeout\":60}");
        assertThat(made.json().has("envdAccessToken")).isFalse();
        assertThat(agent(made.json().get("sandboxID").asString(), Map.of())).isEqualTo(200);
    }

    @Test
    void row32ARealSandboxIsMeasured() {
        String id = product.create("");
        LifecycleIT.await(
                () -> product.get("/sandboxes/" + id + "/metrics").json().size() > 0);
        JsonNode sample = product.get("/sandboxes/" + id + "/metrics").json().get(0);
        for (String field : List.of("cpuCount", "cpuUsedPct", "memUsed", "memTotal", "diskUsed", "diskTotal")) {
            assertThat(sample.get(field).asDouble()).as(field).isPositive();
        }
    }

    @Test
    void section511LinesThatASandboxWritesOfItselfJoinItsLog() {
        String id = product.create("");
        var _ = product.run(
                id,
                "curl -sf -d '{\"instanceID\":\"'$E2B_SANDBOX_ID'\",\"level\":\"warn\",\"message\":\"said by me\"}' "
                        + "http://events.e2b.local/logs");
        JsonNode said = product.get("/v2/sandboxes/" + id + "/logs?search=said&level=warn")
                .json()
                .get("logs");
        assertThat(said.size()).isOne();
        assertThat(said.get(0).get("message").asString()).isEqualTo("said by me");
    }

    private String state(String id) {
        return product.get("/sandboxes/" + id).json().get("state").asString();
    }

    private String token(String id) {
        return product.get("/sandboxes/" + id).json().get("envdAccessToken").asString();
    }

    /// What the agent's own list of a folder answers, through the front.
    private int agent(String id, Map<String, String> headers) {
        Map<String, String> all = new java.util.HashMap<>(headers);
        all.put("E2b-Sandbox-Id", id);
        all.put("E2b-Sandbox-Port", "49983");
        all.put(
                "Authorization",
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString("user:".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        return product.status("/filesystem.Filesystem/ListDir", "{\"path\":\"/\"}", all);
    }
}
