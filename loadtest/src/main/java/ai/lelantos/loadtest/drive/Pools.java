package ai.lelantos.loadtest.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// The server's own account of the machines it keeps ready: only its operator may ask, with the token in its home.
public final class Pools {

    private static final long LOOK_AGAIN_NANOS = 50_000_000;
    private static final Duration ANSWER_MAX = Duration.ofSeconds(10);

    private final Platform platform;
    private final String token;

    /// @param home the server's, where its tokens lie
    public Pools(Platform platform, Path home) throws IOException {
        this.platform = platform;
        this.token =
                Files.readString(home.resolve("keys").resolve("admin-token")).strip();
    }

    /// All pools of machines together, without the parts that every boot shares.
    public record State(long ready, long making, long target, long hits, long misses) {}

    public State now() {
        HttpRequest request = HttpRequest.newBuilder(platform.target().at("/metrics"))
                .timeout(ANSWER_MAX)
                .header("X-Admin-Token", token)
                .build();
        HttpResponse<byte[]> answer = platform.send(request, BodyHandlers.ofByteArray());
        String text = new String(answer.body(), UTF_8);
        if (answer.statusCode() != 200) {
            throw Unexpected.status("GET /metrics", answer.statusCode(), text);
        }
        return new State(
                sum(text, "ready"),
                sum(text, "making"),
                sum(text, "target"),
                sum(text, "hits_total"),
                sum(text, "misses_total"));
    }

    /// Waits until recent demand is met.
    public State filled(Duration max) {
        long end = System.nanoTime() + max.toNanos();
        for (State now = now(); ; now = now()) {
            if (now.ready() >= Math.max(1, now.target())) {
                return now;
            }
            if (System.nanoTime() > end) {
                throw new Unexpected("the pools were not filled within " + max.toSeconds() + " s: " + now);
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    private static long sum(String text, String which) {
        return text.lines()
                .filter(line -> line.startsWith("lelantos_pool_" + which + "{"))
                .filter(line -> !line.contains("pool=\"slots\""))
                .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
