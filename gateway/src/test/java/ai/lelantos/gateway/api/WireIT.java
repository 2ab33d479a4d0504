package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Contract section 2: framing, parameters, errors and headers, whatever the route.
class WireIT {

    private static final int BODY_BYTES_MAX = 16 << 20;

    private final Server server = Server.get();

    @AfterEach
    void nothingIsLeft() {
        server.clear();
    }

    @Test
    void everyAnswerNamesItsRequestAndMayBeReadByAnyPage() {
        Set<String> traces = new HashSet<>();
        for (String path : List.of("/health", "/v2/sandboxes", "/sandboxes/nonexistingsandbox", "/no/such/route")) {
            Answer answer = server.get(path);
            assertThat(answer.header("access-control-allow-origin")).as(path).isEqualTo("*");
            assertThat(answer.header("access-control-expose-headers"))
                    .as(path)
                    .contains("X-Next-Token", "X-Total-Running", "Retry-After");
            assertThat(traces.add(String.valueOf(answer.header("x-e2b-trace-id"))))
                    .as(path)
                    .isTrue();
        }
        assertThat(traces).doesNotContain("null");
    }

    @Test
    void aPreflightNeedsNoKey() throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:"
                                    + server.gateway().address().getPort() + "/sandboxes/i1"))
                            .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                            .header("Origin", "https://page.example")
                            .header("Access-Control-Request-Method", "DELETE")
                            .header("Access-Control-Request-Headers", "x-api-key,content-type")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(204);
            assertThat(answer.body()).isEmpty();
            assertThat(answer.headers().firstValue("access-control-allow-methods"))
                    .hasValueSatisfying(all -> assertThat(all).contains("DELETE", "PATCH", "PUT"));
            assertThat(answer.headers().firstValue("access-control-allow-headers"))
                    .contains("x-api-key,content-type");
        }
    }

    /// W11 and W12.
    @Test
    void severalValuesComeJoinedEncodedOrRepeated() {
        String running = server.create("");
        String paused = server.create("");
        assertThat(server.post("/sandboxes/" + paused + "/pause", "{}").status())
                .isEqualTo(204);
        for (String states : List.of(
                "state=running,paused",
                "state=running%2Cpaused",
                "state=running&state=paused",
                "state=",
                "nextToken=&state=paused,running")) {
            assertThat(server.get("/v2/sandboxes?" + states).text())
                    .as(states)
                    .contains(running)
                    .contains(paused);
        }
        assertThat(server.get("/v2/sandboxes?state=paused").text())
                .contains(paused)
                .doesNotContain(running);
    }

    /// W10: a slash or a colon within a segment is encoded, and stays within it.
    @Test
    void segmentsAreDecodedAfterTheyAreToldApart() {
        assertThat(server.get("/templates/aliases/base%3Adefault").status()).isEqualTo(200);
        assertThat(server.get("/templates/aliases/base%3Anone").status()).isEqualTo(404);
        assertThat(server.get("/templates/aliases/others%2Fbase").status()).isEqualTo(400);
        assertThat(server.get("/templates/b%61se/tags").status()).isEqualTo(200);
        assertThat(server.get("/templates/nobody%2Fnothing/tags").status()).isIn(400, 403, 404);
    }

    /// W5 and W16: every answer of these was judged to be `{code, message}` with the status as its code.
    @Test
    void whateverIsWrongIsSaidInOneShape() {
        for (String path : List.of("/sandboxes/i1/nothing", "/v9/sandboxes", "/", "/templates/a/b/c/d")) {
            Answer answer = server.get(path);
            assertThat(answer.status()).as(path).isEqualTo(404);
            assertThat(answer.message()).as(path).startsWith("validation error");
            assertThat(answer.json().get("code").asInt()).isEqualTo(404);
        }
        assertThat(server.put("/v2/sandboxes", "{}").status()).isEqualTo(404);
        assertThat(server.delete("/health").status()).isEqualTo(404);
        for (String body : List.of("", "[", "[]", "\"base\"", "null", "{\"templateID\":\"base\"", "{} {}")) {
            Answer answer = server.post("/v2/sandboxes", body);
            assertThat(answer.status()).as("'" + body + "'").isEqualTo(400);
            assertThat(answer.message()).as("'" + body + "'").startsWith("validation error");
        }
        assertThat(server.driver().living()).isEmpty();
    }

    /// W15.
    @Test
    void aBodyHasALimit() {
        String filler = " ".repeat(BODY_BYTES_MAX - 64);
        Answer most = server.post("/v2/sandboxes", "{\"templateID\":\"base\"" + filler + "}");
        assertThat(most.status()).isEqualTo(201);
        Answer more = server.post("/v2/sandboxes", "{\"templateID\":\"base\"" + filler + " ".repeat(128) + "}");
        assertThat(more.status()).isIn(400, 413);
        assertThat(more.message()).contains("16");
    }

    /// W6 and W7.
    @Test
    void whatIsUnknownIsIgnoredAndNullIsAbsent() {
        Answer made = server.post(
                "/v2/sandboxes",
                "{\"templateID\":\"base\",\"later\":{\"x\":[1]},\"timeout\":null,\"metadata\":null,\"network\":null,\"autoPause\":null}");
        assertThat(made.status()).isEqualTo(201);
    }

    /// W18.
    @Test
    void whoAsksIsSettledBeforeWhatIsAsked() {
        assertThat(server.send("POST", "/v2/sandboxes", "{", Map.of()).status()).isEqualTo(401);
        assertThat(server.send("POST", "/v2/sandboxes", "{", Map.of("X-API-Key", "e2b_00"))
                        .status())
                .isEqualTo(401);
    }
}
