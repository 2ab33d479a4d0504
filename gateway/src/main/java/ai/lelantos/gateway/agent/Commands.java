package ai.lelantos.gateway.agent;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.EndOfStream;
import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.connect.EnvelopeCutter;
import ai.lelantos.protocol.process.CloseStdinRequest;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.ProcessInput;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.SendInputRequest;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/// Runs a command in a sandbox to its end and collects what it printed, bounded; by the agent's own Connect calls.
public final class Commands {

    /// Output beyond it is dropped, and the answer says so; per stream.
    private static final int OUTPUT_BYTES_MAX = 8 << 20;
    private static final int ENVELOPE_BYTES_MAX = 4 << 20;
    private static final Duration UNARY_MAX = Duration.ofSeconds(30);
    private static final int TIMED_OUT = 124;

    private final Agent agent;

    public Commands(Agent agent) {
        this.agent = agent;
    }

    /// What to run.
    ///
    /// @param arguments program first
    /// @param user null for the template's default
    public record Command(
            List<String> arguments,
            Map<String, String> envs,
            @Nullable String cwd,
            @Nullable String user,
            @Nullable String stdin,
            Duration timeout) {}

    /// What came of it.
    ///
    /// @param error the agent's word on an end that was no exit, null otherwise
    public record Result(
            ByteString stdout,
            ByteString stderr,
            boolean truncated,
            int exitCode,
            boolean timedOut,
            @Nullable String error) {}

    /// The command was not started; the message is the agent's.
    public static final class NotStarted extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NotStarted(String message) {
            super(message, null, false, false);
        }
    }

    /// Runs it. When the time is over the agent kills the process group.
    public Mono<Result> run(InetAddress host, @Nullable String accessToken, Command command) {
        return Mono.defer(() -> {
            Collector collector = new Collector();
            Flux<ByteBuf> body = client(accessToken, command.user, "application/connect+proto")
                    .headers(headers -> headers.set("Connect-Timeout-Ms", command.timeout.toMillis()))
                    .post()
                    .uri("http://" + agent.authority(host) + "/process.Process/Start")
                    .send(Mono.fromSupplier(() ->
                            bytes(Envelope.of(request(command).toByteString()).encode())))
                    .response((head, content) -> head.status().code() == 200
                            ? content
                            : content.aggregate()
                                    .asString()
                                    .defaultIfEmpty("")
                                    .flatMapMany(
                                            text -> Flux.<ByteBuf>error(new Agent.AgentFailure("the agent answered "
                                                    + head.status().code() + ": " + text))));
            return body.doOnNext(piece -> collector.feed(ByteString.copyFrom(piece.nioBuffer())))
                    .concatMap(
                            piece -> collector.takeStarted()
                                    ? input(host, accessToken, command, collector.pid)
                                    : Mono.<Void>empty(),
                            1)
                    .then(Mono.fromSupplier(collector::result));
        });
    }

    private Mono<Void> input(InetAddress host, @Nullable String accessToken, Command command, int pid) {
        if (command.stdin == null) {
            return Mono.empty();
        }
        ProcessSelector selector = ProcessSelector.newBuilder().setPid(pid).build();
        SendInputRequest send = SendInputRequest.newBuilder()
                .setProcess(selector)
                .setInput(ProcessInput.newBuilder().setStdin(ByteString.copyFromUtf8(command.stdin)))
                .build();
        CloseStdinRequest close =
                CloseStdinRequest.newBuilder().setProcess(selector).build();
        return unary(host, accessToken, "SendInput", send.toByteString())
                .then(unary(host, accessToken, "CloseStdin", close.toByteString()))
                // A process that ended before it read its input is no failure of the command.
                .onErrorResume(Agent.AgentFailure.class, failure -> Mono.empty());
    }

    private Mono<Void> unary(InetAddress host, @Nullable String accessToken, String method, ByteString message) {
        return client(accessToken, null, "application/proto")
                .post()
                .uri("http://" + agent.authority(host) + "/process.Process/" + method)
                .send(Mono.fromSupplier(() -> bytes(message)))
                .responseSingle((head, content) -> content.asString()
                        .defaultIfEmpty("")
                        .flatMap(text -> head.status().code() == 200
                                ? Mono.<Void>empty()
                                : Mono.error(new Agent.AgentFailure(method + ": " + text))))
                .timeout(UNARY_MAX);
    }

    private HttpClient client(@Nullable String accessToken, @Nullable String user, String contentType) {
        return agent.client().headers(headers -> {
            headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
            headers.set("Connect-Protocol-Version", "1");
            if (accessToken != null) {
                headers.set("X-Access-Token", accessToken);
            }
            if (user != null) {
                headers.set(
                        HttpHeaderNames.AUTHORIZATION,
                        "Basic " + Base64.getEncoder().encodeToString((user + ":").getBytes(StandardCharsets.UTF_8)));
            }
        });
    }

    private static StartRequest request(Command command) {
        ProcessConfig.Builder process = ProcessConfig.newBuilder()
                .setCmd(command.arguments.getFirst())
                .addAllArgs(command.arguments.subList(1, command.arguments.size()))
                .putAllEnvs(command.envs);
        if (command.cwd != null) {
            process.setCwd(command.cwd);
        }
        return StartRequest.newBuilder()
                .setProcess(process)
                .setStdin(command.stdin != null)
                .build();
    }

    private static ByteBuf bytes(ByteString bytes) {
        return Unpooled.wrappedBuffer(bytes.asReadOnlyByteBuffer());
    }

    /// Puts a stream of events together; fed from one connection, so by one thread at a time.
    private static final class Collector {

        private final EnvelopeCutter cutter = new EnvelopeCutter(ENVELOPE_BYTES_MAX, Envelope.END_STREAM);
        private final ByteArrayOutputStream stdout = new ByteArrayOutputStream();
        private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
        private int pid;
        private boolean started;
        private boolean truncated;
        private ProcessEvent.@Nullable EndEvent end;
        private @Nullable EndOfStream last;

        void feed(ByteString piece) {
            cutter.feed(piece);
            for (Envelope each = cutter.next(); each != null; each = cutter.next()) {
                if ((each.flags() & Envelope.END_STREAM) != 0) {
                    last = EndOfStream.parse(each.payload());
                } else {
                    event(each.payload());
                }
            }
        }

        /// True once, after the process got its id.
        boolean takeStarted() {
            boolean now = started;
            started = false;
            return now;
        }

        private void event(ByteString payload) {
            try {
                ProcessEvent event = StartResponse.parseFrom(payload).getEvent();
                if (event.hasStart()) {
                    pid = event.getStart().getPid();
                    started = true;
                } else if (event.hasData()) {
                    keep(stdout, event.getData().getStdout());
                    keep(stderr, event.getData().getStderr());
                } else if (event.hasEnd()) {
                    end = event.getEnd();
                }
            } catch (InvalidProtocolBufferException e) {
                throw new Agent.AgentFailure("the agent sent an event that cannot be read: " + e.getMessage());
            }
        }

        private void keep(ByteArrayOutputStream into, ByteString bytes) {
            int room = Math.min(bytes.size(), OUTPUT_BYTES_MAX - into.size());
            into.write(bytes.toByteArray(), 0, room);
            truncated |= room < bytes.size();
        }

        Result result() {
            ByteString out = ByteString.copyFrom(stdout.toByteArray());
            ByteString err = ByteString.copyFrom(stderr.toByteArray());
            ConnectError error = last == null ? null : last.error();
            if (error != null && error.code() == Code.DEADLINE_EXCEEDED) {
                return new Result(out, err, truncated, TIMED_OUT, true, error.message());
            }
            ProcessEvent.EndEvent ended = end;
            if (error != null && ended == null) {
                throw new NotStarted(error.message());
            }
            if (ended == null) {
                throw new Agent.AgentFailure("the agent's stream broke off");
            }
            return new Result(
                    out, err, truncated, ended.getExitCode(), false, ended.hasError() ? ended.getError() : null);
        }
    }
}
