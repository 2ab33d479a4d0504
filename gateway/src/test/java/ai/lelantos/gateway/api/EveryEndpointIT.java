package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Every documented endpoint answers as documented, against the running product; what is missing is marked so in the
/// description, and says so.
class EveryEndpointIT {

    private static final Map<String, String> ADMIN = Map.of("X-Admin-Token", Product.ADMIN_TOKEN);
    private static final Map<String, String> USER = Map.of("Authorization", "Bearer " + Product.ACCESS_TOKEN);

    private final Product product = Product.get();

    @Test
    void everyDocumentedEndpointSucceedsOrIsMarked() {
        server();
        sandboxes();
        files();
        templates();
        keysAndTeams();
        operator();
        assertThat(product.api.contract().untested()).isEmpty();
    }

    @Test
    void whatIsMarkedSaysThatItIsNotThereYet() {
        String id = product.create("\"timeout\":60");
        for (String path : List.of(
                "/sandboxes/" + id + "/fork",
                "/sandboxes/" + id + "/snapshots",
                "/templates",
                "/v2/templates",
                "/v3/templates",
                "/templates/base")) {
            Answer answer = product.post(path, "{}");
            assertThat(answer.status()).as(path).isEqualTo(501);
            assertThat(answer.message()).as(path).contains("not available on this server yet");
        }
        assertThat(product.post("/snapshots", "{\"sandboxID\":\"" + id + "\"}").status())
                .isEqualTo(501);
        assertThat(product.delete("/sandboxes/" + id).status()).isEqualTo(204);
        Answer nowhere = product.get("/no/such/route");
        assertThat(nowhere.status()).isEqualTo(404);
        assertThat(nowhere.message()).startsWith("validation error");
    }

    private void server() {
        ok(200, product.get("/health"));
        ok(200, product.get("/openapi.yml"));
    }

    private void sandboxes() {
        String first = ok(201, product.post("/sandboxes", "{\"templateID\":\"base\",\"timeout\":120}"))
                .json()
                .get("sandboxID")
                .asString();
        String path = "/sandboxes/"
                + ok(201, product.post("/v2/sandboxes", "{\"templateID\":\"base\"}"))
                        .json()
                        .get("sandboxID")
                        .asString();
        ok(200, product.get("/sandboxes"));
        ok(200, product.get("/v2/sandboxes"));
        ok(200, product.get("/sandboxes/metrics?sandbox_ids=" + first));
        ok(200, product.get(path));
        ok(200, product.get(path + "/metrics"));
        ok(200, product.get(path + "/logs"));
        ok(200, product.get("/v2" + path + "/logs"));
        ok(200, product.get("/snapshots"));
        ok(204, product.post(path + "/timeout", "{\"timeout\":300}"));
        ok(204, product.post(path + "/refreshes", "{}"));
        ok(204, call("PUT", path + "/network", "{}", Map.of("X-API-Key", Product.KEY)));
        ok(204, product.post(path + "/pause", "{}"));
        ok(201, product.post(path + "/resume", "{}"));
        ok(200, product.post(path + "/connect", "{}"));
        ok(200, product.post("/v2" + path + "/connect", "{}"));
        ok(204, product.delete(path));
        ok(204, product.delete("/sandboxes/" + first));
    }

    /// Section 17.1 and 17.2: a command and files in one call each.
    private void files() {
        String id = product.create("\"timeout\":120");
        String path = "/sandboxes/" + id;
        JsonNode told = ok(200, product.post(path + "/exec", """
                {"cmd":["sh","-c","cat; echo to-stderr >&2; exit 3"],"stdin":"in","envs":{"A":"b"},"workdir":"/tmp"}""")).json();
        assertThat(told.get("stdout").asString()).isEqualTo("in");
        assertThat(told.get("stderr").asString()).isEqualTo("to-stderr\n");
        assertThat(told.get("exitCode").asInt()).isEqualTo(3);
        JsonNode late = ok(200, product.post(path + "/exec", "{\"command\":\"sleep 60\",\"timeout\":0.2}"))
                .json();
        assertThat(late.get("timedOut").asBoolean()).isTrue();
        assertThat(late.get("exitCode").asInt()).isEqualTo(124);
        ok(
                200,
                product.post(
                        path + "/files", "{\"path\":\"/tmp/a/b.txt\",\"content\":\"aGk=\",\"encoding\":\"base64\"}"));
        assertThat(ok(200, product.get(path + "/files?path=/tmp/a/b.txt")).text())
                .isEqualTo("hi");
        ok(404, product.get(path + "/files?path=/tmp/none"));
        ok(400, product.get(path + "/files?path=/tmp"));
        Answer refused = product.post(path + "/files", "{\"path\":\"x\",\"content\":\"\",\"mode\":420}");
        assertThat(ok(400, refused).message()).startsWith("mode is not available");
        JsonNode listed =
                ok(200, product.get(path + "/files?path=/tmp/a&list=true")).json();
        assertThat(listed.size()).isOne();
        assertThat(listed.get(0).get("name").asString()).isEqualTo("b.txt");
        assertThat(listed.get(0).get("path").asString()).isEqualTo("/tmp/a/b.txt");
        assertThat(listed.get(0).get("type").asString()).isEqualTo("file");
        assertThat(listed.get(0).get("size").asInt()).isEqualTo(2);
        Map<String, String> json = Map.of("X-API-Key", Product.KEY, "Accept", "application/json");
        assertThat(ok(200, call("GET", path + "/files?path=/tmp/a", null, json)).json())
                .isEqualTo(listed);
        assertThat(ok(200, call("GET", path + "/files?path=/tmp/a/b.txt", null, json))
                        .text())
                .isEqualTo("hi");
        ok(404, product.get(path + "/files?path=/tmp/none&list=true"));
        ok(404, call("GET", path + "/files?path=/tmp/none", null, json));
        assertThat(product.get(path + "/logs").text()).contains("to-stderr");
        uploads(path);
        ok(204, product.delete(path));
    }

    private void uploads(String path) {
        JsonNode written = ok(
                        200,
                        upload(
                                path + "/files",
                                "name=\"path\"\r\n\r\n/tmp/up/one.txt",
                                "name=\"file\"; filename=\"a.txt\"\r\n\r\nfirst",
                                "name=\"file\"; filename=\"two.txt\"\r\n\r\nsecond"))
                .json();
        assertThat(written.size()).isEqualTo(2);
        assertThat(written.get(0).get("path").asString()).isEqualTo("/tmp/up/one.txt");
        assertThat(written.get(1).get("path").asString()).isEqualTo("/home/user/two.txt");
        assertThat(product.get(path + "/files?path=/tmp/up/one.txt").text()).isEqualTo("first");
        assertThat(product.get(path + "/files?path=two.txt").text()).isEqualTo("second");

        String file = "name=\"file\"; filename=\"same.txt\"\r\n\r\nx";
        ok(200, upload(path + "/files?path=/tmp/up/named.txt", file));
        assertThat(product.get(path + "/files?path=/tmp/up/named.txt").text()).isEqualTo("x");
        assertThat(ok(400, upload(path + "/files?path=/tmp/up/named.txt", file, file))
                        .message())
                .contains("names one file");
        assertThat(ok(400, upload(path + "/files", file, "name=\"path\"\r\n\r\n/tmp/late"))
                        .message())
                .contains("no file comes after it");
        String[] many = new String[65];
        Arrays.fill(many, file);
        assertThat(ok(400, upload(path + "/files", many)).message()).contains("more than 64 parts");
    }

    private Answer upload(String path, String... parts) {
        var body = new StringBuilder();
        for (String part : parts) {
            body.append("--cut\r\nContent-Disposition: form-data; ")
                    .append(part)
                    .append("\r\n");
        }
        return call(
                "POST",
                path,
                body.append("--cut--\r\n").toString(),
                Map.of("X-API-Key", Product.KEY, "Content-Type", "multipart/form-data; boundary=cut"));
    }

    private void templates() {
        ok(200, product.get("/templates"));
        ok(200, product.get("/v2/templates"));
        ok(200, product.get("/templates/base"));
        ok(200, product.get("/templates/aliases/base"));
        ok(200, product.get("/templates/base/tags"));
        ok(201, product.post("/templates/tags", "{\"target\":\"base\",\"tags\":[\"stable\"]}"));
        ok(
                204,
                call(
                        "DELETE",
                        "/templates/tags",
                        "{\"name\":\"base\",\"tags\":[\"stable\"]}",
                        Map.of("X-API-Key", Product.KEY)));
        ok(200, call("PATCH", "/templates/base", "{\"public\":true}", Map.of("X-API-Key", Product.KEY)));
        try (Beside database = Beside.of(product.home)) {
            database.sql("insert into templates (id, team_id) values ('shortlived', '" + Product.TEAM + "')");
        }
        ok(204, product.delete("/templates/shortlived"));
        ok(200, call("PATCH", "/v2/templates/base", "{\"public\":true}", Map.of("X-API-Key", Product.KEY)));
    }

    private void keysAndTeams() {
        ok(200, call("GET", "/teams", null, USER));
        ok(200, product.get("/teams/" + Product.TEAM + "/metrics"));
        ok(200, product.get("/teams/" + Product.TEAM + "/metrics/max?metric=concurrent_sandboxes"));
        ok(200, product.get("/api-keys"));
        String key = ok(201, product.post("/api-keys", "{\"name\":\"one\"}"))
                .json()
                .get("id")
                .asString();
        ok(200, call("PATCH", "/api-keys/" + key, "{\"name\":\"two\"}", Map.of("X-API-Key", Product.KEY)));
        ok(204, product.delete("/api-keys/" + key));
        String token = ok(201, call("POST", "/access-tokens", "{\"name\":\"one\"}", USER))
                .json()
                .get("id")
                .asString();
        ok(204, call("DELETE", "/access-tokens/" + token, null, USER));
    }

    private void operator() {
        String node = ok(200, call("GET", "/nodes", null, ADMIN))
                .json()
                .get(0)
                .get("id")
                .asString();
        ok(200, call("GET", "/nodes/" + node, null, ADMIN));
        ok(200, call("GET", "/metrics", null, ADMIN));
        ok(204, call("POST", "/nodes/" + node, "{\"status\":\"ready\"}", ADMIN));
        ok(200, call("GET", "/admin/sandboxes/running-counts", null, ADMIN));
        ok(200, call("POST", "/admin/teams/" + Product.TEAM + "/sandboxes/kill", null, ADMIN));
        String key = ok(201, call("POST", "/admin/teams/" + Product.TEAM + "/api-keys", "{\"name\":\"op\"}", ADMIN))
                .json()
                .get("id")
                .asString();
        ok(204, call("DELETE", "/admin/teams/" + Product.TEAM + "/api-keys/" + key, null, ADMIN));
    }

    private Answer call(String method, String path, @Nullable String body, Map<String, String> headers) {
        return product.api.send(method, path, body, headers);
    }

    @CanIgnoreReturnValue
    private static Answer ok(int status, Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        return answer;
    }
}
