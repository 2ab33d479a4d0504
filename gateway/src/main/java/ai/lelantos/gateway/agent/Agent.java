package ai.lelantos.gateway.agent;

import ai.lelantos.gateway.http.Json;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.timeout.ReadTimeoutException;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.util.retry.Retry;

/// The gateway's own calls to an agent: no pool, since a machine's address may be another machine's tomorrow.
public final class Agent {

    private static final Duration TRY_MAX = Duration.ofSeconds(2);
    private static final Duration INIT_MAX = Duration.ofSeconds(15);
    private static final Duration BETWEEN_TRIES = Duration.ofMillis(20);
    private static final int CONNECT_MILLIS_MAX = 1_000;

    /// Who runs commands when a client names nobody, and where: what every template has until it can say otherwise.
    static final String DEFAULT_USER = "user";

    private static final String DEFAULT_WORKDIR = "/home/user";

    private final HttpClient client;
    private final int port;

    /// @param port where agents listen, 49983 but for tests
    public Agent(int port) {
        this.port = port;
        this.client = HttpClient.create(ConnectionProvider.newConnection())
                .disableRetry(true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS_MAX);
    }

    /// Who a machine is from now on.
    public record Identity(
            String sandboxId,
            String templateId,
            @Nullable String accessToken,
            Map<String, String> envVars,
            Instant now) {}

    /// Makes a machine this sandbox; asks again until the agent answers.
    public Mono<Void> init(InetAddress host, Identity identity) {
        Json.Obj body = Json.object()
                .putIfPresent("accessToken", identity.accessToken())
                .put("envVars", identity.envVars())
                .put("timestamp", identity.now())
                .put("defaultUser", DEFAULT_USER)
                .put("defaultWorkdir", DEFAULT_WORKDIR)
                .put("sandboxId", identity.sandboxId())
                .put("templateId", identity.templateId());
        byte[] bytes = Json.bytes(body);
        return client.headers(headers -> {
                    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/json");
                    headers.set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
                    if (identity.accessToken() != null) {
                        headers.set("X-Access-Token", identity.accessToken());
                    }
                })
                .post()
                .uri("http://" + authority(host) + "/init")
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(bytes)))
                .responseSingle((head, content) -> content.asString()
                        .defaultIfEmpty("")
                        .flatMap(text -> switch (head.status().code()) {
                            case 204, 200 -> Mono.<Void>empty();
                            case 503 -> Mono.error(new Busy());
                            default ->
                                Mono.error(new AgentFailure("the agent refused /init: "
                                        + head.status().code() + " " + text));
                        }))
                .timeout(TRY_MAX)
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, BETWEEN_TRIES).filter(Agent::passes))
                .timeout(
                        INIT_MAX,
                        Mono.error(() -> new AgentFailure(
                                "the agent did not answer /init within " + INIT_MAX.toSeconds() + " s")));
    }

    String authority(InetAddress host) {
        String text = host.getHostAddress();
        return (text.indexOf(':') < 0 ? text : "[" + text + "]") + ":" + port;
    }

    HttpClient client() {
        return client;
    }

    /// What goes away by itself while a machine wakes up.
    private static boolean passes(Throwable failure) {
        return failure instanceof IOException
                || failure instanceof Busy
                || failure instanceof ReadTimeoutException
                || failure instanceof java.util.concurrent.TimeoutException;
    }

    /// An agent that answered, but not with what was asked for; or did not answer.
    public static final class AgentFailure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        public AgentFailure(String message) {
            super(message, null, false, false);
        }
    }

    private static final class Busy extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Busy() {
            super("the agent is busy", null, false, false);
        }
    }
}
