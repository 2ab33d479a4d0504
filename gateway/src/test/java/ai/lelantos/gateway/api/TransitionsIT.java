package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Contract rows 2, 4, 5, 10, 11, 12 and 14 where several meet: one sandbox, more than one caller, or one in between.
class TransitionsIT {

    private final Server server = Server.get();

    @AfterEach
    void nothingIsLeft() {
        server.driver().machines().forEach(each -> each.releaseFreeze());
        server.clear();
    }

    @Test
    void aSandboxThatIsBeingPausedSaysSoAndOthersWait() {
        String path = "/sandboxes/" + server.create("");
        server.driver().living().getFirst().holdFreeze();
        var pausing = CompletableFuture.supplyAsync(() -> server.post(path + "/pause", "{}"));
        LifecycleIT.await(() -> state(path).equals("paused"));
        Answer early = server.post(path + "/timeout", "{\"timeout\":9}");
        assertThat(early.status()).isEqualTo(409);
        assertThat(early.message()).endsWith("is being paused");
        assertThat(server.put(path + "/network", "{}").status()).isEqualTo(409);
        var joins = CompletableFuture.supplyAsync(() -> server.post(path + "/pause", "{}"));
        var connects = CompletableFuture.supplyAsync(() -> server.post(path + "/connect", "{}"));
        assertThat(pausing).isNotDone();
        server.driver().living().getFirst().releaseFreeze();
        assertThat(pausing.join().status()).isEqualTo(204);
        assertThat(joins.join().status()).isIn(204, 409);
        assertThat(connects.join().status()).isEqualTo(201);
        assertThat(state(path)).isEqualTo("running");
    }

    @Test
    void aKillWaitsForAPause() {
        String path = "/sandboxes/" + server.create("");
        server.driver().living().getFirst().holdFreeze();
        var pausing = CompletableFuture.supplyAsync(() -> server.post(path + "/pause", "{}"));
        LifecycleIT.await(() -> state(path).equals("paused"));
        var kills = CompletableFuture.supplyAsync(() -> server.delete(path));
        server.driver().living().getFirst().releaseFreeze();
        assertThat(pausing.join().status()).isEqualTo(204);
        assertThat(kills.join().status()).isEqualTo(204);
        assertThat(server.get(path).status()).isEqualTo(404);
    }

    @Test
    void callersWhoWantTheSameAllGetIt() {
        String path = "/sandboxes/" + server.create("");
        server.driver().living().getFirst().holdFreeze();
        var pauses = CompletableFuture.supplyAsync(() -> Api.together(6, () -> server.post(path + "/pause", "{}")));
        LifecycleIT.await(() -> state(path).equals("paused"));
        server.driver().living().getFirst().releaseFreeze();
        assertThat(pauses.join()).allSatisfy(each -> assertThat(each.status()).isIn(204, 409));
        assertThat(pauses.join()).anyMatch(each -> each.status() == 204);
        List<Answer> connects = Api.together(6, () -> server.post(path + "/connect", "{\"timeout\":90}"));
        assertThat(connects).allSatisfy(each -> assertThat(each.status()).isIn(200, 201));
        assertThat(connects.stream()
                        .map(each -> each.json().get("envdAccessToken"))
                        .distinct())
                .hasSize(1);
        assertThat(server.post(path + "/pause", "{}").status()).isEqualTo(204);
        List<Answer> resumes = Api.together(6, () -> server.post(path + "/resume", "{\"timeout\":90}"));
        assertThat(resumes).allSatisfy(each -> assertThat(each.status()).isIn(201, 409));
        assertThat(resumes).anyMatch(each -> each.status() == 201);
        List<Answer> kills = Api.together(6, () -> server.delete(path));
        assertThat(kills).allSatisfy(each -> assertThat(each.status()).isIn(204, 404));
        assertThat(kills.stream().filter(each -> each.status() == 204)).isNotEmpty();
    }

    @Test
    void killedFromEveryStateIsKilled() {
        String paused = "/sandboxes/" + server.create("");
        String resumed = "/sandboxes/" + server.create("");
        for (String each : List.of(paused, resumed)) {
            assertThat(server.post(each + "/pause", "{}").status()).isEqualTo(204);
        }
        assertThat(server.post(resumed + "/resume", "{}").status()).isEqualTo(201);
        for (String each : List.of(paused, resumed)) {
            assertThat(server.delete(each).status()).isEqualTo(204);
            assertThat(server.delete(each).status()).isEqualTo(404);
            assertThat(server.get(each).status()).isEqualTo(404);
        }
    }

    @Test
    void anEndMovesAsTold() {
        String path = "/sandboxes/" + server.create("\"timeout\":300");
        Instant first = end(path);
        assertThat(server.post(path + "/timeout", "{\"timeout\":1}").status()).isEqualTo(204);
        assertThat(end(path)).isBefore(first);
        assertThat(server.post(path + "/timeout", "{\"timeout\":600}").status()).isEqualTo(204);
        assertThat(end(path)).isAfter(first);
        Instant far = end(path);
        assertThat(server.post(path + "/refreshes", "{}").status()).isEqualTo(204);
        assertThat(end(path)).isEqualTo(far);
        assertThat(server.post(path + "/refreshes", "{\"duration\":3600}").status())
                .isEqualTo(204);
        assertThat(end(path)).isAfter(far);
        assertThat(server.post(path + "/refreshes", "{\"duration\":3601}").status())
                .isEqualTo(400);
        assertThat(server.post(path + "/connect", "{\"timeout\":90000}").message())
                .isEqualTo("Timeout cannot be greater than 24 hours");
        assertThat(server.post(path + "/connect", "{\"timeout\":7200}").status())
                .isEqualTo(200);
        assertThat(Duration.between(Instant.now(), end(path))).isGreaterThan(Duration.ofMinutes(110));
        assertThat(server.post(path + "/timeout", "{}").status()).isEqualTo(400);
        assertThat(server.post(path + "/timeout", "{\"timeout\":-1}").status()).isEqualTo(400);
    }

    @Test
    void whatCannotBeDoneYetSaysSo() {
        String path = "/sandboxes/" + server.create("");
        for (String verb : List.of("/fork", "/snapshots")) {
            assertThat(server.post(path + verb, "{}").status()).as(verb).isEqualTo(501);
            assertThat(server.post("/sandboxes/nonexistingsandbox" + verb, "{}").status())
                    .as(verb)
                    .isEqualTo(404);
        }
        assertThat(server.put(path + "/network", "{\"allow_internet_access\":false}")
                        .status())
                .isEqualTo(400);
        assertThat(server.get("/snapshots").json().size()).isZero();
    }

    private String state(String path) {
        return server.get(path).json().get("state").asString();
    }

    private Instant end(String path) {
        JsonNode shown = server.get(path).json();
        return Instant.parse(shown.get("endAt").asString());
    }
}
