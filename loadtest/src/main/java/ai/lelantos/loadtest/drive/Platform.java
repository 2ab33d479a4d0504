package ai.lelantos.loadtest.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The control plane as a client sees it. Calls block; callers are virtual threads.
public final class Platform implements AutoCloseable {

    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(70);
    private static final int SANDBOX_SECONDS = 900;

    private final Target target;
    private final HttpClient http;

    public Platform(Target target) {
        this.target = target;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(10))
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    public Target target() {
        return target;
    }

    HttpClient http() {
        return http;
    }

    public Sandbox create() {
        JsonNode body = call("POST", "/v2/sandboxes", Map.of("templateID", "base", "timeout", SANDBOX_SECONDS), 201);
        JsonNode token = body.get("envdAccessToken");
        return new Sandbox(this, body.get("sandboxID").asString(), token == null ? null : token.asString());
    }

    public void kill(Sandbox sandbox) {
        var _ = call("DELETE", "/sandboxes/" + sandbox.id(), null, 204);
    }

    public void pause(Sandbox sandbox) {
        var _ = call("POST", "/sandboxes/" + sandbox.id() + "/pause", Map.of(), 204);
    }

    public void resume(Sandbox sandbox) {
        var _ = call("POST", "/sandboxes/" + sandbox.id() + "/connect", Map.of("timeout", SANDBOX_SECONDS), 201);
    }

    public int list() {
        return call("GET", "/v2/sandboxes?limit=100", null, 200).size();
    }

    /// One REST call; anything but the promised status is [Unexpected].
    public JsonNode call(String method, String path, @Nullable Object body, int promised) {
        var request = HttpRequest.newBuilder(target.at(path))
                .timeout(REQUEST_TIMEOUT)
                .header("X-API-Key", target.apiKey())
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null
                                ? BodyPublishers.noBody()
                                : BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
                .build();
        HttpResponse<byte[]> answer = send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != promised) {
            throw Unexpected.status(
                    method + " " + path.replaceAll("/i[a-z0-9]{20}", "/<id>"),
                    answer.statusCode(),
                    new String(answer.body(), UTF_8));
        }
        return answer.body().length == 0 ? JSON.nullNode() : JSON.readTree(answer.body());
    }

    <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (IOException e) {
            throw new Unexpected(request.method() + " failed: " + e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Unexpected(request.method() + " was interrupted");
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
