package ai.lelantos.envd.host;

import static ai.lelantos.envd.testing.FilesClient.query;
import static ai.lelantos.envd.testing.FilesClient.text;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.FilesClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.AgentVersion;
import ai.lelantos.protocol.FileSignature;
import ai.lelantos.protocol.FileSignature.Operation;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Contract 4.1 to 4.4, 4.8, 4.9 and 8.3 to 8.5; rows A1, A3, A4 and A5 of 9.3 as far as they are the agent's.
@Timeout(60)
class HostIT {

    private static final String TOKEN = "secret-token";

    private RealAgent agent;
    private FilesClient files;

    @BeforeEach
    void startAgent() {
        agent = RealAgent.start();
        files = new FilesClient(agent.uri());
    }

    @AfterEach
    void stopAgent() {
        agent.close();
    }

    @Test
    void anOpenSandboxAsksForNothing() {
        HttpResponse<byte[]> health = files.get("/health");
        assertThat(health.statusCode()).isEqualTo(204);
        assertThat(health.headers().firstValue("cache-control")).contains("no-store");
        assertThat(files.get("/envs", "X-Access-Token", "whatever").statusCode())
                .isEqualTo(200);
        assertThat(files.get(query("path", "/etc/passwd")).statusCode()).isEqualTo(200);
        HttpResponse<byte[]> unknown = files.get("/nowhere");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(text(unknown)).isEqualTo("404 page not found\n");
        for (String internal : new String[] {"/freeze", "/unfreeze", "/collapse", "/fsfreeze", "/fsthaw", "/upgrade"}) {
            assertThat(files.post(internal, BodyPublishers.noBody()).statusCode())
                    .as(internal)
                    .isEqualTo(404);
        }
        HttpResponse<byte[]> wrong = files.post("/health", BodyPublishers.noBody());
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.headers().firstValue("allow")).contains("GET");
        assertThat(files.get("/health", "Authorization", "Basic Ym9iOg==").statusCode())
                .isEqualTo(401);
    }

    @Test
    void aTokenGuardsEverythingButHealthAndFilesWithTheirOwnRule() {
        init(204, "{\"accessToken\":\"" + TOKEN + "\"}");
        assertThat(files.get("/health").statusCode()).isEqualTo(204);
        for (String path : new String[] {"/envs", "/metrics", "/nowhere"}) {
            HttpResponse<byte[]> refused = files.get(path);
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(JsonParser.parseString(text(refused)))
                    .isEqualTo(JsonParser.parseString("{\"code\":401,\"message\":\"unauthorized access, please provide "
                            + "a valid access token or method signing if supported\"}"));
        }
        HttpResponse<byte[]> rpc = files.post(
                "/filesystem.Filesystem/Stat", BodyPublishers.ofString("{}"), "Content-Type", "application/json");
        assertThat(rpc.statusCode()).isEqualTo(401);
        assertThat(JsonParser.parseString(text(rpc))
                        .getAsJsonObject()
                        .get("code")
                        .getAsInt())
                .isEqualTo(401);
        assertThat(files.get("/envs", "X-Access-Token", TOKEN).statusCode()).isEqualTo(200);
        assertThat(files.get("/envs", "X-Access-Token", TOKEN + "x").statusCode())
                .isEqualTo(401);
        refused(401, "missing signature query parameter", files.get(query("path", "/etc/passwd")));
        refused(
                401,
                "access token present in header but does not match",
                files.get(query("path", "/etc/passwd"), "X-Access-Token", "other"));
        assertThat(files.get(query("path", "/etc/passwd"), "X-Access-Token", TOKEN)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aSignedLinkIsJudgedBySignatureThenByTime() {
        init(204, "{\"accessToken\":\"" + TOKEN + "\",\"defaultUser\":\"user\"}");
        long now = Instant.now().getEpochSecond();
        assertThat(text(get("/etc/passwd", OptionalLong.empty(), OptionalLong.empty())))
                .contains("root");
        assertThat(get("/etc/passwd", OptionalLong.of(now + 60), OptionalLong.of(now + 60))
                        .statusCode())
                .isEqualTo(200);
        refused(
                401,
                "signature is already expired",
                get("/etc/passwd", OptionalLong.of(now - 60), OptionalLong.of(now - 60)));
        refused(401, "invalid signature", get("/etc/passwd", OptionalLong.of(now - 60), OptionalLong.of(now + 60)));
        refused(
                404,
                "path '/home/user/demo/test.txt' does not exist",
                get("demo/test.txt", OptionalLong.of(now + 60), OptionalLong.of(now + 60)));
        assertThat(files.get(query("path", "x", "signature", "v1_x", "signature_expiration", "soon"))
                        .statusCode())
                .isEqualTo(400);
        String write = new FileSignature("", Operation.WRITE, "user", OptionalLong.empty()).sign(TOKEN);
        HttpResponse<byte[]> uploaded = files.postForm(
                query("username", "user", "signature", write), FilesClient.form("signed.txt", "by link"));
        assertThat(uploaded.statusCode()).isEqualTo(200);
        refused(
                401,
                "invalid signature",
                files.get(query("path", "signed.txt", "username", "user", "signature", write)));
    }

    private HttpResponse<byte[]> get(String path, OptionalLong signed, OptionalLong shown) {
        String signature = new FileSignature(path, Operation.READ, "user", signed).sign(TOKEN);
        String link = query("path", path, "username", "user", "signature", signature);
        return files.get(shown.isPresent() ? link + "&signature_expiration=" + shown.getAsLong() : link);
    }

    @Test
    void initialisationIsIdempotentAndKeepsWhatItIsNotTold() {
        Instant now = Instant.now();
        String stamp = ",\"timestamp\":\"" + now + "\"}";
        init(204, "{\"envVars\":{\"A\":\"1\",\"E2B_SANDBOX\":\"no\"},\"defaultUser\":\"user\"" + stamp);
        init(204, "{\"envVars\":{\"B\":\"2\"}" + stamp);
        assertThat(environment().get("A").getAsString()).isEqualTo("1");
        assertThat(environment().get("E2B_SANDBOX").getAsString()).isEqualTo("true");
        init(204, "");
        assertThat(environment().get("A").getAsString()).isEqualTo("1");
        init(204, "{\"envVars\":{\"B\":\"2\"},\"timestamp\":\"" + now.plusSeconds(1) + "\"}");
        assertThat(environment().has("A")).isFalse();
        assertThat(text(files.get(query("path", "nope")))).contains("/home/user/nope");
    }

    @Test
    void onlyWhoKnowsTheTokenChangesIt() {
        init(204, "{\"accessToken\":\"" + TOKEN + "\"}");
        assertThat(init(401, "{}")).isEqualTo("access token reset not authorized");
        assertThat(init(401, "{\"accessToken\":\"other\"}")).isEqualTo("access token validation failed");
        init(204, "{\"accessToken\":\"" + TOKEN + "\",\"envVars\":{\"A\":\"1\"}}");
        assertThat(init(400, "{\"accessToken\":\"\"}")).contains("accessToken is empty");
        assertThat(init(400, "no json")).isEqualTo("the body is not a JSON object");
        assertThat(files.get("/envs").statusCode()).isEqualTo(401);
    }

    @Test
    void aSandboxKnowsWhoItIs() throws IOException {
        init(204, "{\"sandboxId\":\"sandbox-1\",\"templateId\":\"base\",\"envVars\":{\"MINE\":\"x\"}}");
        JsonObject environment = environment();
        assertThat(environment.get("E2B_SANDBOX_ID").getAsString()).isEqualTo("sandbox-1");
        assertThat(environment.get("E2B_TEMPLATE_ID").getAsString()).isEqualTo("base");
        assertThat(environment.get("E2B_EVENTS_ADDRESS").getAsString()).isEqualTo("http://192.0.2.1");
        for (String[] fact :
                new String[][] {{".E2B_SANDBOX", "true"}, {".E2B_SANDBOX_ID", "sandbox-1"}, {".E2B_TEMPLATE_ID", "base"}
                }) {
            Path file = agent.inside("/run/e2b/" + fact[0]);
            assertThat(file).hasContent(fact[1]);
            assertThat(files.stat("/run/e2b/" + fact[0]).getPermissions()).isEqualTo("-r--r--r--");
        }
        init(204, "{\"hyperloopIP\":\"192.0.2.9\"}");
        assertThat(Files.readAllLines(agent.inside("/etc/hosts")))
                .contains("192.0.2.9 events.e2b.local")
                .doesNotContain("192.0.2.1 events.e2b.local");
    }

    @Test
    void certificatesOfTheHostAreTrustedOnce() throws IOException {
        String mounts = "mount -t tmpfs tmpfs /usr/local/share && mount -t tmpfs tmpfs /etc/ssl"
                + " && mkdir /etc/ssl/certs && echo user > /etc/ssl/certs/ca-certificates.crt";
        assertThat(inside(mounts)).isZero();
        for (int i = 0; i < 2; i++) {
            init(204, "{\"caBundle\":\"-----ONE-----\\n\"}");
        }
        Path trusted = agent.inside("/etc/ssl/certs/ca-certificates.crt");
        assertThat(trusted).hasContent("user\n-----ONE-----\n");
        init(204, "{\"caBundle\":\"-----TWO-----\\n\"}");
        assertThat(trusted).hasContent("user\n-----TWO-----\n");
        assertThat(agent.inside("/usr/local/share/ca-certificates/e2b-ca.crt")).hasContent("-----TWO-----\n");
    }

    @Test
    void metricsAreWithinTheirBoundsAndCheap() {
        for (int i = 0; i < 20; i++) {
            HttpResponse<byte[]> answer = files.get("/metrics");
            assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
            JsonObject metrics = JsonParser.parseString(text(answer)).getAsJsonObject();
            assertThat(metrics.keySet())
                    .containsExactlyInAnyOrder(
                            "ts",
                            "cpu_count",
                            "cpu_used_pct",
                            "mem_total",
                            "mem_used",
                            "mem_cache",
                            "mem_total_mib",
                            "mem_used_mib",
                            "disk_total",
                            "disk_used");
            assertThat(metrics.get("ts").getAsLong())
                    .isBetween(
                            Instant.now().getEpochSecond() - 60, Instant.now().getEpochSecond() + 1);
            assertThat(metrics.get("cpu_used_pct").getAsDouble()).isBetween(0.0, 100.0);
            assertThat(metrics.get("mem_used").getAsLong())
                    .isPositive()
                    .isLessThan(metrics.get("mem_total").getAsLong());
            assertThat(metrics.get("disk_used").getAsLong())
                    .isPositive()
                    .isLessThan(metrics.get("disk_total").getAsLong());
        }
    }

    @Test
    void pagesOfOtherOriginsAreLetIn() {
        init(204, "{\"accessToken\":\"" + TOKEN + "\"}");
        HttpRequest preflight = files.request(
                        "/envs",
                        "Origin",
                        "https://page.test",
                        "Access-Control-Request-Method",
                        "POST",
                        "Access-Control-Request-Headers",
                        "x-access-token")
                .method("OPTIONS", BodyPublishers.noBody())
                .build();
        HttpResponse<byte[]> allowed = files.send(preflight);
        assertThat(allowed.statusCode()).isEqualTo(204);
        assertThat(allowed.headers().firstValue("access-control-allow-origin")).contains("*");
        assertThat(allowed.headers().firstValue("access-control-allow-methods")).contains("POST");
        assertThat(allowed.headers().firstValue("access-control-allow-headers")).contains("x-access-token");
        assertThat(allowed.headers().firstValue("access-control-max-age")).contains("7200");
        HttpResponse<byte[]> actual = files.get("/envs", "Origin", "https://page.test", "X-Access-Token", TOKEN);
        assertThat(actual.headers().firstValue("access-control-allow-origin")).contains("*");
        assertThat(actual.headers().firstValue("vary")).contains("Origin");
        assertThat(actual.headers().firstValue("access-control-expose-headers"))
                .contains("Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin, Location, Cache-Control, "
                        + "X-Content-Type-Options, Lelantos-Replay-Offset, Lelantos-Replay-Lost");
        HttpResponse<byte[]> refused = files.get("/envs", "Origin", "https://page.test");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("access-control-allow-origin")).contains("*");
    }

    private JsonObject environment() {
        return JsonParser.parseString(text(files.get("/envs"))).getAsJsonObject();
    }

    @CanIgnoreReturnValue
    private String init(int status, String body) {
        HttpResponse<byte[]> answer = files.post("/init", BodyPublishers.ofString(body, StandardCharsets.UTF_8));
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
        assertThat(answer.headers().firstValue("x-envd-version")).contains(AgentVersion.CURRENT);
        return text(answer);
    }

    private int inside(String script) throws IOException {
        return new ProcessBuilder("nsenter", "-t", Long.toString(agent.pid()), "-m", "sh", "-c", script)
                .inheritIO()
                .start()
                .onExit()
                .join()
                .exitValue();
    }

    private static void refused(int status, String message, HttpResponse<byte[]> answer) {
        assertThat(JsonParser.parseString(text(answer)))
                .isEqualTo(JsonParser.parseString("{\"code\":" + status + ",\"message\":\"" + message + "\"}"));
        assertThat(answer.statusCode()).isEqualTo(status);
    }
}
