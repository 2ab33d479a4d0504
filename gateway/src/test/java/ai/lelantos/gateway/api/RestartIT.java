package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.MachineSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// What a gateway finds that starts on another one's home: rows and machines agree again before it answers.
class RestartIT {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final Server server = Server.get();

    @AfterEach
    void nothingIsLeft() {
        server.driver().releaseBoots();
        server.clear();
    }

    @Test
    void theLivingAreTakenOverAsTheyStood() {
        String running = server.create("\"timeout\":600");
        String paused = server.create("");
        String halted = server.create("");
        assertThat(server.post("/sandboxes/" + paused + "/pause", "{}").status())
                .isEqualTo(204);
        assertThat(server.post("/sandboxes/" + halted + "/pause", "{\"memory\":false}")
                        .status())
                .isEqualTo(204);
        List<JsonNode> before = shown(running, paused, halted);
        server.restart(Map.of());
        assertThat(shown(running, paused, halted)).isEqualTo(before);
        for (String each : List.of(paused, halted)) {
            assertThat(server.post("/sandboxes/" + each + "/connect", "{}").status())
                    .isEqualTo(201);
        }
        assertThat(server.post("/sandboxes/" + running + "/pause", "{}").status())
                .isEqualTo(204);
        assertThat(server.driver().living()).hasSize(3);
    }

    @Test
    void whatWasOnItsWayIsFinishedAndStrangersEnd() {
        server.driver().holdBoots();
        CompletableFuture<?> lost =
                CompletableFuture.runAsync(() -> assertThat(server.post("/v2/sandboxes", "{\"templateID\":\"base\"}"))
                        .isNull());
        LifecycleIT.await(() -> server.driver().booting() == 1);
        server.restart(Map.of());
        assertThat(lost.exceptionNow()).isNotNull();
        assertThat(server.get("/v2/sandboxes").json().size()).isZero();
        var _ = server.driver()
                .boot(new MachineSpec("base", "b1", 2, 512, 1024, true))
                .block(SOON);
        assertThat(server.driver().living()).hasSize(1);
        server.restart(Map.of());
        assertThat(server.driver().living()).isEmpty();
    }

    @Test
    void anEndThatCameMeanwhileIsCaughtUpWith() {
        String ends = server.create("\"timeout\":60");
        String pauses = server.create("\"timeout\":60,\"autoPause\":true");
        String stays = server.create("");
        server.sql("update sandboxes set end_at = now() - interval '1 second' where ended_at is null and id <> '"
                + stays + "'");
        server.restart(Map.of());
        LifecycleIT.await(() -> server.get("/sandboxes/" + ends).status() == 404);
        LifecycleIT.await(() -> shown(pauses).getFirst().get("state").asString().equals("paused"));
        assertThat(shown(stays).getFirst().get("state").asString()).isEqualTo("running");
    }

    @Test
    void aMachineThatVanishedTakesItsRowAlong() {
        String id = server.create("");
        server.driver().machines().forEach(each -> each.kill().block(SOON));
        server.restart(Map.of());
        assertThat(server.get("/sandboxes/" + id).status()).isEqualTo(404);
        assertThat(server.get("/sandboxes/" + id + "/logs").text()).contains("its machine vanished");
    }

    @Test
    void aMachineThatCrashesTakesItsRowAlong() {
        String id = server.create("");
        server.driver().die(server.driver().living().getFirst().id(), "it crashed", true);
        // Unknown as soon as it is being ended; what ended it is told with its end.
        LifecycleIT.await(() -> server.get("/sandboxes/" + id).status() == 404);
        LifecycleIT.await(() -> errors(id).size() == 1);
        assertThat(errors(id).toString()).contains("out of memory: it crashed");
    }

    private JsonNode errors(String id) {
        return server.get("/v2/sandboxes/" + id + "/logs?level=error").json().get("logs");
    }

    private List<JsonNode> shown(String... ids) {
        return java.util.Arrays.stream(ids)
                .map(id -> server.get("/sandboxes/" + id).json())
                .toList();
    }
}
