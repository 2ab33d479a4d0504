package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.agent.Agent;
import ai.lelantos.gateway.agent.Commands;
import ai.lelantos.gateway.agent.Files;
import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Query;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.http.codec.multipart.FormFieldPart;
import org.springframework.http.codec.multipart.Part;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Lelantos' own endpoints: a command and its output in one call, files in another.
final class NativeRoutes {

    private static final double TIMEOUT_SECONDS_USUAL = 60;
    private static final double TIMEOUT_SECONDS_MAX = 3_600;
    private static final int PARTS_MAX = 64;

    private final SandboxLifecycle lifecycle;
    private final OutputLog output;
    private final Commands commands;
    private final Files files;
    private final Doorkeeper door;

    NativeRoutes(SandboxLifecycle lifecycle, OutputLog output, Agent agent, Doorkeeper door) {
        this.lifecycle = lifecycle;
        this.output = output;
        this.commands = new Commands(agent);
        this.files = new Files(agent);
        this.door = door;
    }

    RouterFunction<ServerResponse> routes() {
        return route().POST("/sandboxes/{id}/exec", Guarded.by(headers -> door.team(headers, Access.WRITE), this::exec))
                .GET("/sandboxes/{id}/files", Guarded.by(headers -> door.team(headers, Access.READ), this::download))
                .POST("/sandboxes/{id}/files", Guarded.by(headers -> door.team(headers, Access.WRITE), this::upload))
                .build();
    }

    private Mono<ServerResponse> exec(ServerRequest request, Caller caller) {
        String id = SandboxRoutes.id(request);
        return Body.required(request).flatMap(body -> {
            Commands.Command command = command(body);
            return lifecycle.use(id, caller.team().id()).flatMap(entry -> {
                long begun = System.nanoTime();
                return commands.run(entry.route().address(), entry.route().accessToken(), command)
                        .onErrorMap(failure -> unreachable(id, failure))
                        .delayUntil(result -> output.keep(
                                id,
                                List.of(
                                        new OutputLog.Part(
                                                "stdout", 1, result.stdout().toStringUtf8()),
                                        new OutputLog.Part(
                                                "stderr", 2, result.stderr().toStringUtf8()))))
                        .flatMap(result ->
                                Json.answer(HttpStatus.OK, wire(result, (System.nanoTime() - begun) / 1_000_000)));
            });
        });
    }

    private static Commands.Command command(Body body) {
        String name = body.has("command") ? "command" : body.has("cmd") ? "cmd" : body.has("code") ? "code" : "command";
        boolean array = body.raw(name).map(each -> each.isArray()).orElse(false);
        List<String> arguments =
                array ? body.strings(name).orElse(List.of()) : List.of("/bin/bash", "-l", "-c", body.string(name));
        if (arguments.isEmpty() || arguments.getFirst().isEmpty()) {
            throw Problem.validation("property \"" + name + "\" is empty").toException();
        }
        if (body.bool("stream").orElse(false)) {
            throw new Problem(
                            400,
                            "stream is not available on this endpoint: use process.Process/Start on the sandbox's port 49983")
                    .toException();
        }
        Map<String, String> envs = body.map("envs")
                .or(() -> body.map("env"))
                .or(() -> body.map("envVars"))
                .orElse(Map.of());
        double seconds = body.number("timeout", 0, TIMEOUT_SECONDS_MAX)
                .filter(each -> each > 0)
                .orElse(TIMEOUT_SECONDS_USUAL);
        return new Commands.Command(
                arguments,
                envs,
                orNull(body.optionalString("cwd").or(() -> body.optionalString("workdir"))),
                orNull(body.optionalString("user").or(() -> body.optionalString("username"))),
                orNull(body.optionalString("stdin")),
                Duration.ofMillis(Math.max(1, Math.round(seconds * 1000))));
    }

    private static Json.Obj wire(Commands.Result result, long millis) {
        return Json.object()
                .put("stdout", result.stdout().toStringUtf8())
                .put("stderr", result.stderr().toStringUtf8())
                .put("exitCode", result.exitCode())
                .put("exit_code", result.exitCode())
                .put("error", result.error())
                .put("timedOut", result.timedOut())
                .putIfPresent("truncated", result.truncated() ? true : null)
                .put("durationMs", millis);
    }

    private Mono<ServerResponse> download(ServerRequest request, Caller caller) {
        String id = SandboxRoutes.id(request);
        Query query = Query.of(request);
        String path = query.text("path")
                .orElseThrow(() ->
                        Problem.validation("parameter \"path\" is missing").toException());
        String user = query.text("user").or(() -> query.text("username")).orElse(null);
        if (query.text("list").map(each -> each.equals("true")).orElse(false)) {
            throw new Problem(
                            400,
                            "Listing is not available on this endpoint: use filesystem.Filesystem/ListDir on the sandbox's port 49983")
                    .toException();
        }
        return lifecycle
                .use(id, caller.team().id())
                .flatMap(entry -> files.read(
                                entry.route().address(),
                                entry.route().accessToken(),
                                path,
                                user,
                                found -> answer(request, found))
                        .onErrorMap(failure -> unreachable(id, failure)));
    }

    private static Mono<ServerResponse> answer(ServerRequest request, Files.Download found) {
        if (found.status() != 200) {
            return found.body()
                    .reduce(new StringBuilder(), (text, piece) -> text.append(piece.toString(StandardCharsets.UTF_8)))
                    .map(text -> said(found.status(), text.toString()))
                    .flatMap(problem -> Mono.error(problem.toException()));
        }
        // The body lives only as long as this exchange with the agent: it is written within it.
        var response = request.exchange().getResponse();
        NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
        response.getHeaders().setContentType(MediaType.APPLICATION_OCTET_STREAM);
        if (found.length() != null) {
            response.getHeaders().setContentLength(Long.parseLong(found.length()));
        }
        return response.writeWith(found.body().map(piece -> buffers.wrap(piece.retain())))
                .then(Mono.fromSupplier(() -> ServerResponse.ok().build()))
                .flatMap(done -> done);
    }

    private Mono<ServerResponse> upload(ServerRequest request, Caller caller) {
        String id = SandboxRoutes.id(request);
        Query query = Query.of(request);
        Optional<String> path = query.text("path");
        String user = query.text("user").or(() -> query.text("username")).orElse(null);
        MediaType type = request.headers().contentType().orElse(MediaType.APPLICATION_OCTET_STREAM);
        return lifecycle.use(id, caller.team().id()).flatMap(entry -> {
            if (type.isCompatibleWith(MediaType.MULTIPART_FORM_DATA)) {
                return multipart(request, entry, path, user);
            }
            if (path.isPresent()) {
                return write(entry, path.get(), user, raw(request))
                        .flatMap(written -> Json.answer(HttpStatus.OK, written));
            }
            if (type.isCompatibleWith(MediaType.APPLICATION_JSON)) {
                return Body.required(request)
                        .flatMap(body -> write(
                                        entry,
                                        body.string("path"),
                                        body.optionalString("user").orElse(user),
                                        Flux.just(Unpooled.wrappedBuffer(content(body))))
                                .flatMap(written -> Json.answer(HttpStatus.OK, written)));
            }
            return Mono.error(
                    Problem.validation("parameter \"path\" is missing").toException());
        });
    }

    private Mono<ServerResponse> multipart(
            ServerRequest request, LiveSandboxes.Entry entry, Optional<String> path, @Nullable String user) {
        return request.body(BodyExtractors.toParts())
                .take(PARTS_MAX)
                .concatMap(part -> part(entry, part, path, user), 1)
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<Json.Obj> part(LiveSandboxes.Entry entry, Part part, Optional<String> path, @Nullable String user) {
        if (part instanceof FormFieldPart) {
            return Mono.empty();
        }
        String target = path.orElseGet(() -> part instanceof FilePart file ? file.filename() : "");
        if (target.isEmpty()) {
            return Mono.error(Problem.validation("a part has no file name and parameter \"path\" is missing")
                    .toException());
        }
        return write(entry, target, user, part.content().map(NettyDataBufferFactory::toByteBuf));
    }

    private Mono<Json.Obj> write(LiveSandboxes.Entry entry, String path, @Nullable String user, Flux<ByteBuf> body) {
        long[] size = {0};
        return files.write(
                        entry.route().address(),
                        entry.route().accessToken(),
                        path,
                        user,
                        body.doOnNext(piece -> size[0] += piece.readableBytes()))
                .onErrorMap(failure -> unreachable(entry.row().id(), failure))
                .map(upload -> {
                    if (upload.status() != 200) {
                        throw said(upload.status(), upload.text()).toException();
                    }
                    var written = Json.parse(upload.text()).get(0);
                    return Json.object()
                            .put("path", written.get("path").asString())
                            .put("name", written.get("name").asString())
                            .put("type", "file")
                            .put("size", size[0]);
                });
    }

    private static Flux<ByteBuf> raw(ServerRequest request) {
        Flux<DataBuffer> body = request.body(BodyExtractors.toDataBuffers());
        return body.map(NettyDataBufferFactory::toByteBuf);
    }

    private static byte[] content(Body body) {
        String content = body.string("content");
        String encoding = body.optionalString("encoding").orElse("utf8");
        try {
            return switch (encoding) {
                case "utf8", "utf-8" -> content.getBytes(StandardCharsets.UTF_8);
                case "base64" -> Base64.getDecoder().decode(content);
                default ->
                    throw Problem.validation("property \"encoding\" is \"" + encoding + "\" (expected: utf8, base64)")
                            .toException();
            };
        } catch (IllegalArgumentException e) {
            throw Problem.validation("property \"content\" is no base64").toException();
        }
    }

    /// What the agent said, in this API's words.
    private static Problem said(int status, String text) {
        String message = text.strip();
        try {
            var json = Json.parse(message);
            if (json.isObject() && json.get("message") != null) {
                message = json.get("message").asString();
            }
        } catch (tools.jackson.core.JacksonException e) {
            // Plain text is fine too.
        }
        return new Problem(
                status >= 400 && status < 600 ? status : 502,
                message.isEmpty() ? "the agent answered " + status : message);
    }

    private static Throwable unreachable(String id, Throwable failure) {
        return switch (failure) {
            case Commands.NotStarted refused -> new Problem(400, String.valueOf(refused.getMessage())).toException();
            case Agent.AgentFailure broken -> new Refusal(Refusal.Kind.AGENT_UNREACHABLE, id, broken.getMessage());
            case IOException broken -> new Refusal(Refusal.Kind.AGENT_UNREACHABLE, id, broken.getMessage());
            default -> failure;
        };
    }

    private static @Nullable String orNull(Optional<String> value) {
        return value.isPresent() ? value.get() : null;
    }
}
