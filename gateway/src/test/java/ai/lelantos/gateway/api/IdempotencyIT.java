package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// `Idempotency-Key` as docs/idempotency.md promises it.
class IdempotencyIT {

    private static final String BASE = "{\"templateID\":\"base\"}";
    private static final String CREATE = "/v2/sandboxes";
    private static final String REPLAYED = "idempotent-replayed";

    private final Server server = Server.get();

    @AfterEach
    void nothingIsLeft() {
        server.driver().releaseBoots();
        server.sql("delete from idempotency_keys");
        server.clear();
    }

    @Test
    void aCreateAskedTwiceMakesOneSandbox() {
        Answer first = keyed("POST", CREATE, BASE, "order-1");
        Answer second = keyed("POST", CREATE, BASE, "order-1");
        assertThat(first.status()).isEqualTo(201);
        assertThat(first.header(REPLAYED)).isNull();
        assertThat(second.status()).isEqualTo(201);
        assertThat(second.header(REPLAYED)).isEqualTo("true");
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(server.driver().living()).hasSize(1);
        assertThat(keyed("POST", CREATE, BASE, "order-2").text()).isNotEqualTo(first.text());
    }

    @Test
    void ofManyAtOnceOneWorks() {
        List<Answer> answers = Api.together(8, () -> keyed("POST", CREATE, BASE, "at-once"));
        assertThat(answers).allSatisfy(each -> assertThat(each.status()).isIn(201, 409));
        assertThat(answers).anyMatch(each -> each.status() == 201);
        assertThat(answers.stream().filter(each -> each.status() == 201).map(Answer::text))
                .containsOnly(keyed("POST", CREATE, BASE, "at-once").text());
        assertThat(answers.stream().filter(each -> each.status() == 409))
                .allSatisfy(each -> assertThat(each.header("retry-after")).isEqualTo("1"));
        assertThat(server.driver().living()).hasSize(1);
    }

    @Test
    void aRepeatedPauseOrKillIsNoConflict() {
        String path = "/sandboxes/" + server.create("");
        assertThat(keyed("POST", path + "/pause", "{}", "p").status()).isEqualTo(204);
        assertThat(keyed("POST", path + "/pause", "{}", "p").status()).isEqualTo(204);
        assertThat(keyed("POST", path + "/pause", "{}", "q").status()).isEqualTo(409);
        assertThat(keyed("DELETE", path, null, "k").status()).isEqualTo(204);
        Answer again = keyed("DELETE", path, null, "k");
        assertThat(again.status()).isEqualTo(204);
        assertThat(again.header(REPLAYED)).isEqualTo("true");
        assertThat(keyed("DELETE", path, null, "l").status()).isEqualTo(404);
    }

    @Test
    void aKeyBelongsToOneRequestOfOneTeam() {
        String first = keyed("POST", CREATE, BASE, "mine").text();
        Answer elsewhere = keyed("POST", "/sandboxes", BASE, "mine");
        assertThat(elsewhere.status()).isEqualTo(409);
        assertThat(elsewhere.message()).contains("POST /v2/sandboxes");
        assertThat(keyed("POST", CREATE, "{\"templateID\":\"base\",\"timeout\":7}", "mine")
                        .text())
                .as("bodies are not compared")
                .isEqualTo(first);
        Map<String, String> other = Map.of("X-API-Key", server.otherKey(), "Idempotency-Key", "mine");
        Answer theirs = server.send("POST", CREATE, BASE, other);
        assertThat(theirs.status()).isEqualTo(201);
        assertThat(theirs.text()).isNotEqualTo(first);
        String id = theirs.json().get("sandboxID").asString();
        assertThat(server.send("DELETE", "/sandboxes/" + id, null, Map.of("X-API-Key", server.otherKey()))
                        .status())
                .isEqualTo(204);
    }

    @Test
    void theFirstAnswerOutlivesTheGatewayButNotItsDay() {
        String first = keyed("POST", CREATE, BASE, "kept").text();
        server.restart(Map.of());
        assertThat(keyed("POST", CREATE, BASE, "kept").text()).isEqualTo(first);
        server.sql("update idempotency_keys set created_at = created_at - interval '23 hours 59 minutes'");
        assertThat(keyed("POST", CREATE, BASE, "kept").text()).isEqualTo(first);
        server.sql("update idempotency_keys set created_at = created_at - interval '1 minute'");
        assertThat(keyed("POST", CREATE, BASE, "kept").text()).isNotEqualTo(first);
    }

    @Test
    void whatFailedMayBeTriedAgain() {
        assertThat(keyed("POST", CREATE, "{\"templateID\":\"nothing\"}", "again")
                        .status())
                .isEqualTo(404);
        assertThat(keyed("POST", CREATE, BASE, "again").status()).isEqualTo(201);
        String fork = "/sandboxes/nonexistingsandbox/fork";
        assertThat(keyed("POST", fork, "{}", "fork").status()).isGreaterThanOrEqualTo(400);
        assertThat(keyed("POST", fork, "{}", "fork").header(REPLAYED)).isNull();
        assertThat(keyed("POST", CREATE, BASE, "k".repeat(256)).message()).contains("1 to 255 characters");
    }

    @Test
    void anAttemptThatDiedWithItsGatewayIsFreeAfterThreeMinutes() {
        server.sql("insert into idempotency_keys (team_id, key, request, created_at) values ('" + Server.TEAM
                + "', 'died', 'POST /v2/sandboxes', now() - interval '2 minutes')");
        Answer early = keyed("POST", CREATE, BASE, "died");
        assertThat(early.status()).isEqualTo(409);
        assertThat(early.header("retry-after")).isEqualTo("1");
        server.sql("update idempotency_keys set created_at = created_at - interval '2 minutes'");
        assertThat(keyed("POST", CREATE, BASE, "died").status()).isEqualTo(201);
    }

    @Test
    void aClientThatLeftFindsItsAnswer() throws IOException {
        server.driver().holdBoots();
        try (Socket client = new Socket(
                InetAddress.getLoopbackAddress(), server.gateway().address().getPort())) {
            client.getOutputStream()
                    .write(("POST /v2/sandboxes HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + Server.KEY
                                    + "\r\nIdempotency-Key: left\r\nContent-Type: application/json\r\nContent-Length: "
                                    + BASE.length() + "\r\n\r\n" + BASE)
                            .getBytes(StandardCharsets.US_ASCII));
            LifecycleIT.await(() -> server.driver().booting() == 1);
        }
        server.driver().releaseBoots();
        LifecycleIT.await(() -> keyed("POST", CREATE, BASE, "left").status() == 201);
        assertThat(keyed("POST", CREATE, BASE, "left").header(REPLAYED)).isEqualTo("true");
        assertThat(server.driver().living()).hasSize(1);
    }

    private Answer keyed(String method, String path, @Nullable String body, String key) {
        return server.send(
                method, path, body, Map.of("X-API-Key", Server.KEY, "Idempotency-Key", Objects.requireNonNull(key)));
    }
}
