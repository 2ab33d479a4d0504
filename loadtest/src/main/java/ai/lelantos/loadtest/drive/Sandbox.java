package ai.lelantos.loadtest.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One sandbox as a client reaches it: commands, files and ports, all through the gateway.
public final class Sandbox {

    private static final int AGENT_PORT = 49983;

    private final Platform platform;
    private final String id;
    private final @Nullable String accessToken;

    Sandbox(Platform platform, String id, @Nullable String accessToken) {
        this.platform = platform;
        this.id = id;
        this.accessToken = accessToken;
    }

    public String id() {
        return id;
    }

    public Commands commands() {
        return new Commands(platform, this);
    }

    /// A request to one of the sandbox's ports, routed by headers.
    public HttpRequest.Builder to(int port, String rawPath) {
        HttpRequest.Builder request = HttpRequest.newBuilder(platform.target().at(rawPath))
                .header("E2b-Sandbox-Id", id)
                .header("E2b-Sandbox-Port", Integer.toString(port));
        return port == AGENT_PORT && accessToken != null ? request.header("X-Access-Token", accessToken) : request;
    }

    /// The header lines that lead a request to one of its ports.
    public List<String> routing(int port) {
        return List.of("E2b-Sandbox-Id: " + id, "E2b-Sandbox-Port: " + port);
    }

    HttpRequest.Builder toAgent(String rawPath) {
        return to(AGENT_PORT, rawPath)
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString("user:".getBytes(UTF_8)));
    }

    public int get(int port, String rawPath) {
        HttpResponse<Void> answer = platform.send(to(port, rawPath).GET().build(), BodyHandlers.discarding());
        return answer.statusCode();
    }

    /// The agent's own health, 204 when it answers.
    public int health() {
        return get(AGENT_PORT, "/health");
    }

    public void upload(String path, byte[] content) {
        upload(path, BodyPublishers.ofByteArray(content));
    }

    public void upload(String path, HttpRequest.BodyPublisher content) {
        var request = toAgent(files(path))
                .header("Content-Type", "application/octet-stream")
                .POST(content)
                .build();
        HttpResponse<String> answer = platform.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw Unexpected.status("upload", answer.statusCode(), answer.body());
        }
    }

    /// Reads a file to its end and says how many bytes came.
    public long download(String path) {
        HttpResponse<InputStream> answer =
                platform.send(toAgent(files(path)).GET().build(), BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            if (answer.statusCode() != 200) {
                throw Unexpected.status("download", answer.statusCode(), new String(body.readAllBytes(), UTF_8));
            }
            return body.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new Unexpected("download broke off: " + e);
        }
    }

    public CompletableFuture<WebSocket> socket(int port, String rawPath, WebSocket.Listener listener) {
        return platform.http()
                .newWebSocketBuilder()
                .header("E2b-Sandbox-Id", id)
                .header("E2b-Sandbox-Port", Integer.toString(port))
                .buildAsync(
                        java.net.URI.create(
                                platform.target().at(rawPath).toString().replaceFirst("^http", "ws")),
                        listener);
    }

    private static String files(String path) {
        return "/files?username=user&path=" + URLEncoder.encode(path, UTF_8);
    }
}
