package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.FileSignature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Rows A1 to A13 of the data plane's contract (9.3), as raw bytes to the running product and its real sandboxes.
class DataPlaneIT {

    private static final int AGENT = 49_983;
    private static final String RUNNING_FIVE_MINUTES =
            "\"timeout\":300,\"autoPause\":true,\"autoResume\":{\"enabled\":true}";
    private static final String NOT_FOUND = "\"message\":\"The sandbox was not found\",\"code\":502}";
    private static final String NOT_RESUMED =
            "\"message\":\"This sandbox can't be resumed with the credentials provided. "
                    + "Check your access token and try again.\",\"code\":403}";
    private static final String BROWSER = "User-Agent: Mozilla/5.0";
    private static final String IS_JSON = "\r\nContent-Type: application/json; charset=utf-8\r\n";
    private static final String IS_HTML = "\r\nContent-Type: text/html; charset=utf-8\r\n";
    private static final String LIST = "{\"path\":\"/\"}";
    private static final String LISTING = "/filesystem.Filesystem/ListDir";

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

    /// Go's client prints `unauthenticated: 401 Unauthorized` for a status 401 whose body is no error of its protocol.
    @Test
    void a1AnRpcWithoutItsTokenIsAPlain401() throws IOException {
        String id = product.create("");
        for (String type : List.of("application/json", "application/proto", "application/connect+json")) {
            String answer = product.ask(id, AGENT, "POST " + LISTING, LIST, "Content-Type: " + type);
            assertThat(answer).as(type).startsWith("HTTP/1.1 401 Unauthorized\r\n");
            JsonNode error = json(answer);
            assertThat(error.get("code").isInt()).isTrue();
            assertThat(error.propertyNames()).containsExactlyInAnyOrder("code", "message");
        }
        assertThat(product.ask(id, AGENT, "POST " + LISTING, LIST, "Content-Type: application/json", token(id)))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void a2InitIsReservedWithNoWrongAndTheRightToken() throws IOException {
        String id = product.create("");
        for (String field : List.of("X-None: 1", "X-Access-Token: wrong", token(id))) {
            assertThat(product.ask(id, AGENT, "POST /init", "{}", field))
                    .startsWith("HTTP/1.1 404 ")
                    .contains("reserved for the E2B control plane");
        }
    }

    @Test
    void a3AFileOpensByItsSignatureAndNothingLess() throws IOException {
        String id = product.create("");
        long now = Instant.now().getEpochSecond();
        assertThat(product.ask(
                        id,
                        AGENT,
                        "POST /files?path=demo/here.txt",
                        "hello",
                        "Content-Type: application/octet-stream",
                        token(id)))
                .startsWith("HTTP/1.1 200 ");
        refused(401, "missing signature query parameter", product.ask(id, AGENT, "GET /files?path=demo/here.txt", ""));
        assertThat(product.ask(id, AGENT, signed(id, "demo/here.txt", now + 60, now + 60), ""))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("\r\n\r\nhello");
        refused(
                401,
                "signature is already expired",
                product.ask(id, AGENT, signed(id, "demo/here.txt", now - 60, now - 60), ""));
        refused(
                404,
                "path '/home/user/demo/test.txt' does not exist",
                product.ask(id, AGENT, signed(id, "demo/test.txt", now + 60, now + 60), ""));
        refused(401, "invalid signature", product.ask(id, AGENT, signed(id, "demo/here.txt", now + 60, now + 90), ""));
    }

    /// @param end of the link as it was signed
    /// @param said as the link says it
    private String signed(String id, String path, long end, long said) {
        String signature = new FileSignature(path, FileSignature.Operation.READ, "", OptionalLong.of(end))
                .sign(shown(id).get("envdAccessToken").asString());
        return "GET /files?path=" + path + "&signature_expiration=" + said + "&signature="
                + URLEncoder.encode(signature, StandardCharsets.US_ASCII);
    }

    private static void refused(int status, String message, String answer) {
        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        assertThat(json(answer)).isEqualTo(JsonMapper.shared().valueToTree(Map.of("code", status, "message", message)));
    }

    @Test
    void a4AnOpenSandboxsFilesNeedNothing() throws IOException {
        Answer made = product.post("/sandboxes", "{\"templateID\":\"base\",\"timeout\":60}");
        String id = made.json().get("sandboxID").asString();
        assertThat(product.ask(
                        id,
                        AGENT,
                        "POST /files?path=/home/user/demo/test.txt&username=user",
                        "hello",
                        "Content-Type: application/octet-stream"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(product.ask(id, AGENT, "GET /files?path=/home/user/demo/test.txt&username=user", ""))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("\r\n\r\nhello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"memory\":true}", "{\"memory\":false}"})
    void a5TheSameTokenIsAskedForAfterAPauseAndAResume(String pause) throws IOException {
        String id = product.create("\"timeout\":300");
        String token = token(id);
        assertThat(product.post("/sandboxes/" + id + "/pause", pause).status()).isEqualTo(204);
        assertThat(product.post("/sandboxes/" + id + "/connect", "{\"timeout\":60}")
                        .status())
                .isEqualTo(201);
        assertThat(product.ask(id, AGENT, "POST " + LISTING, LIST, "Content-Type: application/json"))
                .startsWith("HTTP/1.1 401 ");
        assertThat(product.ask(id, AGENT, "POST " + LISTING, LIST, "Content-Type: application/json", token))
                .startsWith("HTTP/1.1 200 ");
    }

    @Test
    void a6AClosedPortIsNamed() throws IOException {
        String id = product.create("");
        assertThat(product.ask(id, 8123, "GET /", ""))
                .startsWith("HTTP/1.1 502 ")
                .contains(IS_JSON)
                .endsWith("\r\n\r\n{\"sandboxId\":\"" + id
                        + "\",\"message\":\"The sandbox is running but port is not open\",\"port\":8123,\"code\":502}");
        assertThat(product.ask(id, 8123, "GET /", "", BROWSER))
                .startsWith("HTTP/1.1 502 ")
                .contains(IS_HTML, id, "no service running on port", "8123")
                .endsWith("</html>");
    }

    @Test
    void a7NobodyIsFoundWhereThereIsNoneOrNoMore() throws IOException {
        String killed = product.create("");
        assertThat(product.ask(killed, AGENT, "GET /health", "")).startsWith("HTTP/1.1 204 ");
        assertThat(product.delete("/sandboxes/" + killed).status()).isEqualTo(204);
        for (String id : List.of(killed, "i00000000000000000000")) {
            for (int port : new int[] {AGENT, 8000}) {
                assertThat(product.ask(id, port, "GET /health", ""))
                        .startsWith("HTTP/1.1 502 ")
                        .contains(IS_JSON)
                        .endsWith("\r\n\r\n{\"sandboxId\":\"" + id + "\"," + NOT_FOUND);
            }
            assertThat(product.ask(id, 8000, "GET /", "", BROWSER))
                    .startsWith("HTTP/1.1 502 ")
                    .contains(IS_HTML, id, "<title>Sandbox Not Found</title>")
                    .endsWith("</html>");
        }
    }

    @Test
    void a8ATrafficTokenGuardsEveryPortButTheAgents() throws IOException {
        JsonNode made = created("\"network\":{\"allowPublicTraffic\":false}");
        String id = made.get("sandboxID").asString();
        String token = made.get("trafficAccessToken").asString();
        serve(id, "0.0.0.0", 8000);
        String missing = product.ask(id, 8000, "GET /", "");
        assertThat(missing).startsWith("HTTP/1.1 403 ");
        assertThat(json(missing).get("message").asString())
                .isEqualTo(
                        "Sandbox is secured with traffic access token. Token header 'e2b-traffic-access-token' is missing");
        String wrong = product.ask(id, 8000, "GET /", "", "e2b-traffic-access-token: x" + token);
        assertThat(wrong).startsWith("HTTP/1.1 403 ");
        assertThat(json(wrong).get("message").asString()).endsWith("'e2b-traffic-access-token' is invalid");
        assertThat(product.ask(id, 8000, "GET /", "", "E2B-Traffic-Access-Token: " + token))
                .startsWith("HTTP/1.1 200 ");
        assertThat(product.ask(id, AGENT, "GET /health", "")).startsWith("HTTP/1.1 204 ");
        assertThat(product.ask(id, 8001, "GET /", "", BROWSER))
                .startsWith("HTTP/1.1 403 ")
                .contains("Missing Traffic Access Token");
    }

    @Test
    void a9TheServerSeesTheMaskAndAnInvalidOneIsRefused() throws IOException {
        String id = product.create("\"network\":{\"maskRequestHost\":\"localhost:${PORT}\"}");
        var _ = product.run(id, "cat > echo.py <<'END'\n" + """
                from http.server import *
                class Echo(BaseHTTPRequestHandler):
                    def do_GET(self):
                        body = str(self.headers).encode()
                        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
                        self.wfile.write(body)
                HTTPServer(('0.0.0.0', 8000), Echo).serve_forever()
                """ + "END\n" + Product.started("python3 echo.py", 8000));
        assertThat(product.ask(id, 8000, "GET /", ""))
                .contains("\nHost: localhost:8000\n")
                .contains("X-Forwarded-Host: 8000-" + id + ".lelantos.localhost\n");
        for (String network : List.of("\"maskRequestHost\":\"-https://abcd\"", "\"httpsPorts\":[49983]")) {
            assertThat(product.post("/v2/sandboxes", "{\"templateID\":\"base\",\"network\":{" + network + "}}")
                            .status())
                    .as(network)
                    .isEqualTo(400);
        }
    }

    @Test
    void a10WithoutTheFlagNothingWakesASandbox() throws IOException {
        String id = product.create("\"timeout\":300,\"autoPause\":true");
        String token = token(id);
        pause(id, "{}");
        for (int port : new int[] {8000, AGENT}) {
            assertThat(product.ask(id, port, "GET /health", "", token))
                    .startsWith("HTTP/1.1 502 ")
                    .endsWith("{\"sandboxId\":\"" + id + "\"," + NOT_FOUND);
        }
        assertThat(state(id)).isEqualTo("paused");
    }

    @Test
    void a10WithoutItsMemoryNothingWakesASandbox() throws IOException {
        String id = product.create(RUNNING_FIVE_MINUTES);
        String token = token(id);
        pause(id, "{\"memory\":false}");
        assertThat(product.ask(id, AGENT, "GET /health", "", token))
                .startsWith("HTTP/1.1 502 ")
                .endsWith(NOT_FOUND);
        assertThat(state(id)).isEqualTo("paused");
    }

    @Test
    void a10AnRpcWakesASandboxWithTheAgentsTokenOnly() throws IOException {
        String id = product.create(RUNNING_FIVE_MINUTES);
        String token = token(id);
        pause(id, "{}");
        for (String path : List.of("GET /health", "GET /files?path=x&signature=v1_x", "POST " + LISTING)) {
            assertThat(product.ask(id, AGENT, path, LIST, "Content-Type: application/json"))
                    .as(path)
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("{\"sandboxId\":\"" + id + "\"," + NOT_RESUMED);
        }
        assertThat(product.ask(id, AGENT, "GET /health", "", "X-Access-Token: wrong"))
                .startsWith("HTTP/1.1 403 ");
        assertThat(state(id)).isEqualTo("paused");
        assertThat(product.ask(id, AGENT, "POST " + LISTING, LIST, "Content-Type: application/json", token))
                .startsWith("HTTP/1.1 200 ");
        assertThat(state(id)).isEqualTo("running");
        pause(id, "{}");
        assertThat(product.ask(id, AGENT, "GET /health", "", token)).startsWith("HTTP/1.1 204 ");
        assertThat(state(id)).isEqualTo("running");
    }

    @Test
    void a10AUsersPortWakesASandboxWithItsTrafficTokenWhereThereIsOne() throws IOException {
        JsonNode made = created(RUNNING_FIVE_MINUTES + ",\"network\":{\"allowPublicTraffic\":false}");
        String id = made.get("sandboxID").asString();
        String traffic = made.get("trafficAccessToken").asString();
        serve(id, "0.0.0.0", 8000);
        pause(id, "{}");
        assertThat(product.ask(id, 8000, "GET /", ""))
                .startsWith("HTTP/1.1 403 ")
                .endsWith(NOT_RESUMED);
        assertThat(product.ask(id, 8000, "GET /", "", "e2b-traffic-access-token: wrong"))
                .startsWith("HTTP/1.1 403 ")
                .endsWith(NOT_RESUMED);
        assertThat(product.ask(id, 8000, "GET /", "", BROWSER)).contains("Unable to Resume Sandbox");
        assertThat(state(id)).isEqualTo("paused");
        assertThat(product.ask(id, 8000, "GET /", "", "e2b-traffic-access-token: " + traffic))
                .startsWith("HTTP/1.1 200 ");
        assertThat(state(id)).isEqualTo("running");
    }

    @ParameterizedTest
    @CsvSource({"420, 420", "60, 300"})
    void a10TheTimeAfterAWakeIsTheOneOfTheCreationOrFiveMinutes(int created, int woken) throws IOException {
        String id = product.create("\"timeout\":" + created + ",\"autoPause\":true,\"autoResume\":{\"enabled\":true}");
        String token = token(id);
        assertThat(product.post("/sandboxes/" + id + "/timeout", "{\"timeout\":600}")
                        .status())
                .isEqualTo(204);
        pause(id, "{}");
        Instant before = Instant.now();
        assertThat(product.ask(id, AGENT, "GET /health", "", token)).startsWith("HTTP/1.1 204 ");
        Instant end = Instant.parse(shown(id).get("endAt").asString());
        assertThat(Duration.between(before, end))
                .isBetween(Duration.ofSeconds(woken - 1), Duration.ofSeconds(woken + 30));
    }

    @Test
    void a10WhoeverAsksWakesASandboxThatAsksForNothing() throws IOException {
        Answer made = product.post(
                "/sandboxes",
                "{\"templateID\":\"base\",\"timeout\":300,\"autoPause\":true,\"autoResume\":{\"enabled\":true}}");
        String id = made.json().get("sandboxID").asString();
        assertThat(made.json().has("envdAccessToken")).isFalse();
        pause(id, "{}");
        assertThat(product.ask(id, AGENT, "GET /health", "")).startsWith("HTTP/1.1 204 ");
        assertThat(state(id)).isEqualTo("running");
    }

    @Test
    void a10NoWakeIsLongerThanItsTeamMayHave() throws IOException {
        String team = UUID.randomUUID().toString();
        try (Beside database = Beside.of(product.home)) {
            database.sql(
                    "insert into teams select '" + team + "'::uuid, 'short-lived', 'short-lived', concurrency_max, 200,"
                            + " builds_max, cpu_max, memory_mb_max from teams where id = '" + Product.TEAM + "'");
        }
        String key = product.api
                .send(
                        "POST",
                        "/admin/teams/" + team + "/api-keys",
                        "{\"name\":\"one\"}",
                        Map.of("X-Admin-Token", Product.ADMIN_TOKEN))
                .json()
                .get("key")
                .asString();
        Map<String, String> theirs = Map.of("X-API-Key", key);
        String body =
                "{\"templateID\":\"base\",\"timeout\":%d,\"autoPause\":true," + "\"autoResume\":{\"enabled\":true}}";
        assertThat(product.api
                        .send("POST", "/v2/sandboxes", body.formatted(201), theirs)
                        .message())
                .isEqualTo("Timeout cannot be greater than 200 seconds");
        Answer made = product.api.send("POST", "/v2/sandboxes", body.formatted(100), theirs);
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        String id = made.json().get("sandboxID").asString();
        String path = "/sandboxes/" + id;
        assertThat(product.api.send("POST", path + "/pause", "{}", theirs).status())
                .isEqualTo(204);
        Instant before = Instant.now();
        String token = made.json().get("envdAccessToken").asString();
        assertThat(product.ask(id, AGENT, "GET /health", "", "X-Access-Token: " + token))
                .startsWith("HTTP/1.1 204 ");
        JsonNode shown = product.api.send("GET", path, null, theirs).json();
        assertThat(Duration.between(before, Instant.parse(shown.get("endAt").asString())))
                .isBetween(Duration.ofSeconds(190), Duration.ofSeconds(230));
        assertThat(product.api.send("DELETE", path, null, theirs).status()).isEqualTo(204);
    }

    /// Also the last part of row A13.
    @Test
    void a11AServerIsReachedHoweverItIsBound() throws IOException {
        String id = product.create("");
        for (String host : List.of("0.0.0.0", "::", "127.0.0.1", "localhost", "::1")) {
            serve(id, host, 3210);
            // A server on loopback only is found at the agent's next look, and a dial is tried for no longer than that.
            LifecycleIT.await(() -> reached(id, 3210));
            assertThat(product.ask(id, 3210, "GET /served", ""))
                    .as(host)
                    .startsWith("HTTP/1.1 200 ")
                    .contains("by me\n");
            assertThat(product.run(
                            id, "pkill -x python3; while pgrep -x python3 >/dev/null; do sleep 0.05; done; echo ended"))
                    .isEqualTo("ended");
        }
    }

    private boolean reached(String id, int port) {
        try {
            return product.ask(id, port, "GET /served", "").startsWith("HTTP/1.1 200 ");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"allow_internet_access\":false"})
    void a12ASandboxLearnsItsIdByAddressAndByName(String internet) {
        String id = product.create(internet);
        for (String where : List.of("http://192.0.2.1/me", "http://events.e2b.local/me")) {
            assertThat(product.run(id, "curl -sf -m 10 " + where)).isEqualTo("{\"sandboxID\":\"" + id + "\"}");
        }
    }

    @Test
    void a13DevicesAreThere() {
        String id = product.create("");
        assertThat(product.run(id, "stat -c %a /dev/fuse; [ -r /dev/fuse ] && [ -w /dev/fuse ] && echo both"))
                .isEqualTo("666\nboth");
        assertThat(product.run(id, "cat /sys/class/misc/hw_random/rng_current")).isNotIn("", "none");
        assertThat(product.run(id, "head -c 64 /dev/hwrng | tr -d '\\0' | wc -c | xargs test 0 -lt && echo random"))
                .isEqualTo("random");
    }

    @Test
    void a13CertificatesAreOnTmpfsAndThoseOfTheUserJoinThem() throws IOException {
        String id = product.create("\"timeout\":300");
        assertThat(product.run(id, "findmnt -n -T /etc/ssl/certs -o SOURCE,FSTYPE"))
                .contains("tmpfs");
        assertThat(product.run(id, "tar -tf /usr/local/share/e2b/ssl-certs.tar"))
                .contains("./ca-certificates.crt");
        String add =
                "sudo openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 9"
                        + " -subj /CN=mine -out /usr/local/share/ca-certificates/e2b-ca.crt 2>/dev/null"
                        + " && sudo update-ca-certificates >/dev/null 2>&1; ";
        String find =
                "grep -qF \"$(sed -n 2p /usr/local/share/ca-certificates/e2b-ca.crt)\" /etc/ssl/certs/ca-certificates.crt"
                        + " && echo trusted";
        assertThat(product.run(id, add + find)).isEqualTo("trusted");
        pause(id, "{\"memory\":false}");
        assertThat(product.post("/sandboxes/" + id + "/connect", "{\"timeout\":60}")
                        .status())
                .isEqualTo(201);
        assertThat(product.run(id, find)).isEqualTo("trusted");
        assertThat(product.run(id, "findmnt -n -T /etc/ssl/certs -o SOURCE,FSTYPE"))
                .contains("tmpfs");
    }

    // --- what the sandboxes do

    /// A web server of Python's in a folder with one file, listening when this returns.
    private void serve(String id, String host, int port) {
        String name = host.equals("0.0.0.0") ? "127.0.0.1" : host.equals("::") ? "::1" : host;
        var _ = product.run(
                id,
                "mkdir -p www; cd www; echo 'by me' > served; "
                        + Product.started("python3 -m http.server --bind " + host + " " + port, port)
                                .replace("127.0.0.1", name));
    }

    private void pause(String id, String how) {
        assertThat(product.post("/sandboxes/" + id + "/pause", how).status()).isEqualTo(204);
    }

    private JsonNode shown(String id) {
        return product.get("/sandboxes/" + id).json();
    }

    private String state(String id) {
        return shown(id).get("state").asString();
    }

    private String token(String id) {
        return "X-Access-Token: " + shown(id).get("envdAccessToken").asString();
    }

    /// What a create answered: the traffic token is told there only.
    private JsonNode created(String more) {
        return product.post("/v2/sandboxes", "{\"templateID\":\"base\"," + more + "}")
                .json();
    }

    private static JsonNode json(String answer) {
        return JsonMapper.shared().readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }
}
