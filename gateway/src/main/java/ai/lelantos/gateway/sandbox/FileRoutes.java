package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.agent.Agent;
import ai.lelantos.gateway.agent.Files;
import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Query;
import ai.lelantos.protocol.filesystem.EntryInfo;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A sandbox's files in one call each: read, listed, written.
final class FileRoutes {

    private final SandboxLifecycle lifecycle;
    private final Files files;
    private final Doorkeeper door;

    FileRoutes(SandboxLifecycle lifecycle, Agent agent, Doorkeeper door) {
        this.lifecycle = lifecycle;
        this.files = new Files(agent);
        this.door = door;
    }

    RouterFunction<ServerResponse> routes() {
        return route().GET("/sandboxes/{id}/files", Guarded.by(headers -> door.team(headers, Access.READ), this::read))
                .POST("/sandboxes/{id}/files", Guarded.by(headers -> door.team(headers, Access.WRITE), this::upload))
                .build();
    }

    private Mono<ServerResponse> read(ServerRequest request, Caller caller) {
        String id = SandboxRoutes.id(request);
        Query query = Query.of(request);
        String path = query.text("path")
                .orElseThrow(() ->
                        Problem.validation("parameter \"path\" is missing").toException());
        String user = query.text("user").or(() -> query.text("username")).orElse(null);
        boolean list = query.text("list").map(each -> each.equals("true")).orElse(false);
        return lifecycle
                .use(id, caller.team().id())
                .flatMap(entry -> (list ? list(entry, path, user) : download(request, entry, path, user))
                        .onErrorMap(failure -> ExecRoutes.unreachable(id, failure)));
    }

    /// What stands in a folder; a folder read as a file is listed for who accepts nothing but JSON.
    private Mono<ServerResponse> list(LiveSandboxes.Entry entry, String path, @Nullable String user) {
        return files.list(entry.route().address(), entry.route().accessToken(), path, user)
                .flatMap(listing -> listing.status() == 200
                        ? Json.answer(
                                HttpStatus.OK,
                                Json.array(listing.entries().stream()
                                        .map(FileRoutes::wire)
                                        .toList()))
                        : Mono.error(said(listing.status(), listing.text()).toException()));
    }

    private static Json.Obj wire(EntryInfo file) {
        String type = switch (file.getType()) {
            case FILE_TYPE_FILE -> "file";
            case FILE_TYPE_DIRECTORY -> "dir";
            case FILE_TYPE_SYMLINK -> "symlink";
            case FILE_TYPE_UNSPECIFIED, UNRECOGNIZED -> "unknown";
        };
        return Json.object()
                .put("name", file.getName())
                .put("path", file.getPath())
                .put("type", type)
                .put("size", file.getSize())
                .put("mode", file.getMode())
                .put("permissions", file.getPermissions())
                .put("owner", file.getOwner())
                .put("group", file.getGroup())
                .put(
                        "modifiedTime",
                        Instant.ofEpochSecond(
                                file.getModifiedTime().getSeconds(),
                                file.getModifiedTime().getNanos()))
                .putIfPresent("symlinkTarget", file.hasSymlinkTarget() ? file.getSymlinkTarget() : null);
    }

    private Mono<ServerResponse> download(
            ServerRequest request, LiveSandboxes.Entry entry, String path, @Nullable String user) {
        boolean json = request.headers().accept().equals(List.of(MediaType.APPLICATION_JSON));
        return files.read(
                        entry.route().address(),
                        entry.route().accessToken(),
                        path,
                        user,
                        found -> json && found.status() == 400
                                ? found.body().then(Mono.just(Optional.<ServerResponse>empty()))
                                : answer(request, found).map(Optional::of))
                .flatMap(read -> read.isPresent() ? Mono.just(read.get()) : list(entry, path, user));
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
                return new UploadParts(path.orElse(null), (target, content) -> write(entry, target, user, content))
                        .of(request.body(BodyExtractors.toParts()))
                        .collectList()
                        .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
            }
            if (path.isPresent()) {
                return write(entry, path.get(), user, raw(request))
                        .flatMap(written -> Json.answer(HttpStatus.OK, written));
            }
            if (type.isCompatibleWith(MediaType.APPLICATION_JSON)) {
                return Body.required(request).flatMap(body -> {
                    if (body.has("mode")) {
                        throw new Problem(400, "mode is not available on this endpoint: run chmod in the sandbox")
                                .toException();
                    }
                    return write(
                                    entry,
                                    body.string("path"),
                                    body.optionalString("user").orElse(user),
                                    Flux.just(Unpooled.wrappedBuffer(content(body))))
                            .flatMap(written -> Json.answer(HttpStatus.OK, written));
                });
            }
            return Mono.error(
                    Problem.validation("parameter \"path\" is missing").toException());
        });
    }

    private Mono<Json.Obj> write(LiveSandboxes.Entry entry, String path, @Nullable String user, Flux<ByteBuf> body) {
        long[] size = {0};
        return files.write(
                        entry.route().address(),
                        entry.route().accessToken(),
                        path,
                        user,
                        body.doOnNext(piece -> size[0] += piece.readableBytes()))
                .onErrorMap(failure -> ExecRoutes.unreachable(entry.row().id(), failure))
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
}
