package ai.lelantos.gateway.agent;

import ai.lelantos.protocol.connect.Envelope;
import com.google.protobuf.ByteString;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Asks an agent that nobody waits for what its first client will ask: when that client comes, the code is loaded and
/// the shell's files are read. What stays of it is a name, with no token and no variables, told in the first seconds of
/// 1970: the real introduction is newer whatever the clock says by then.
public final class Rehearsal {

    /// Measured: the first round costs the agent some 150 ms of processor time, the tenth 18 ms; more of them would
    /// cost the host more than they save a client.
    private static final int ROUNDS = 10;

    private static final int INTRODUCTIONS = 4;

    private static final Duration MAX = Duration.ofSeconds(30);
    private static final String USER =
            Base64.getEncoder().encodeToString((Introduction.DEFAULT_USER + ":").getBytes(StandardCharsets.UTF_8));
    private static final String COMMAND = """
            {"process":{"cmd":"/bin/bash","args":["-l","-c","true"]},"stdin":false}""";

    private final Agent agent;

    public Rehearsal(Agent agent) {
        this.agent = agent;
    }

    /// Ends when it is over; fails when the agent did not play its part.
    ///
    /// @param name what the agent is told it is, until it is somebody's
    /// @param introduce says a line to it
    public Mono<Void> of(InetAddress host, String name, Function<byte[], Mono<Void>> introduce) {
        byte[] start = Envelope.of(ByteString.copyFromUtf8(COMMAND)).encode().toByteArray();
        return Flux.range(0, INTRODUCTIONS)
                .concatMap(round -> introduce.apply(
                        new Introduction(name, name, null, Map.of(), Instant.ofEpochSecond(round)).line()))
                .thenMany(Flux.range(0, ROUNDS))
                .concatMap(round -> ask(host, "/process.Process/Start", "application/connect+json", start))
                .then()
                .timeout(MAX);
    }

    private Mono<Void> ask(InetAddress host, String path, String type, byte[] body) {
        return agent.client()
                .headers(headers -> {
                    headers.set(HttpHeaderNames.CONTENT_TYPE, type);
                    headers.set(HttpHeaderNames.CONTENT_LENGTH, body.length);
                    headers.set(HttpHeaderNames.AUTHORIZATION, "Basic " + USER);
                })
                .post()
                .uri("http://" + agent.authority(host) + path)
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(body)))
                .responseSingle((head, content) -> content.then(
                        head.status().code() < 300
                                ? Mono.<Void>empty()
                                : Mono.error(new Agent.AgentFailure(
                                        path + " answered " + head.status().code()))));
    }
}
