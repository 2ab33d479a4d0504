package ai.lelantos.gateway.template;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.auth.Team;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.PageToken;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.ProblemException;
import ai.lelantos.gateway.http.Problems;
import ai.lelantos.gateway.http.Query;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// Templates, tags and aliases over HTTP. What builds answers 501 until building exists.
public final class TemplateRoutes {

    private static final UUID NO_BUILD = new UUID(0, 0);
    private static final int LIST_MAX = 10_000;

    private final TemplateStore store;
    private final Doorkeeper door;
    private final Clock clock;

    public TemplateRoutes(TemplateStore store, Doorkeeper door, Clock clock) {
        this.store = store;
        this.door = door;
        this.clock = clock;
    }

    public RouterFunction<ServerResponse> routes() {
        return route().GET("/templates", team(Access.READ, this::list))
                .GET("/v2/templates", team(Access.READ, this::listPage))
                .GET("/templates/aliases/{ref}", team(Access.READ, this::alias))
                .POST("/templates/tags", team(Access.WRITE, this::assignTags))
                .DELETE("/templates/tags", team(Access.DELETE, this::deleteTags))
                .GET("/templates/{ref}/tags", team(Access.READ, this::tags))
                .GET("/templates/{ref}", team(Access.READ, this::show))
                .DELETE("/templates/{ref}", team(Access.DELETE, this::delete))
                .PATCH("/templates/{ref}", team(Access.WRITE, (request, caller) -> update(request, caller, false)))
                .PATCH("/v2/templates/{ref}", team(Access.WRITE, (request, caller) -> update(request, caller, true)))
                .POST("/v3/templates", team(Access.WRITE, this::notYet))
                .POST("/v2/templates", team(Access.WRITE, this::notYet))
                .POST("/templates", team(Access.WRITE, this::notYet))
                .POST("/templates/{ref}", team(Access.WRITE, this::notYet))
                .GET("/templates/{ref}/files/{hash}", team(Access.READ, this::notYet))
                .POST("/v2/templates/{ref}/builds/{build}", team(Access.WRITE, this::notYet))
                .POST("/templates/{ref}/builds/{build}", team(Access.WRITE, this::notYet))
                .GET("/templates/{ref}/builds/{build}/status", team(Access.READ, this::notYet))
                .GET("/templates/{ref}/builds/{build}/logs", team(Access.READ, this::notYet))
                .build();
    }

    private HandlerFunction<ServerResponse> team(
            Access access, BiFunction<ServerRequest, Caller, Mono<ServerResponse>> handler) {
        return Guarded.by(headers -> door.team(headers, access), handler);
    }

    private Mono<ServerResponse> notYet(ServerRequest request, Caller caller) {
        return Problems.response(new Problem(501, "Building templates is not available on this server yet"));
    }

    private Mono<ServerResponse> list(ServerRequest request, Caller caller) {
        ownTeam(Query.of(request), caller);
        return store.list(caller.team().id(), null, "", LIST_MAX)
                .map(TemplateRoutes::wire)
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> listPage(ServerRequest request, Caller caller) {
        Query query = Query.of(request);
        ownTeam(query, caller);
        int limit = query.limit();
        Optional<PageToken> from = PageToken.of(query, false);
        return store.list(
                        caller.team().id(),
                        from.map(PageToken::at).orElse(null),
                        from.map(PageToken::id).orElse(""),
                        limit + 1)
                .collectList()
                .flatMap(found -> {
                    List<Template> page = found.subList(0, Math.min(limit, found.size()));
                    ServerResponse.BodyBuilder builder = ServerResponse.ok();
                    if (found.size() > limit) {
                        Template last = page.getLast();
                        builder.header(PageToken.HEADER, new PageToken(last.createdAt(), last.id(), false).encode());
                    }
                    return Json.answer(
                            builder,
                            Json.array(page.stream().map(TemplateRoutes::wire).toList()));
                });
    }

    private Mono<ServerResponse> show(ServerRequest request, Caller caller) {
        Query query = Query.of(request);
        int limit = query.limit();
        Optional<PageToken> from = PageToken.of(query, false);
        return own(request, caller, "Template")
                .flatMap(id -> store.find(id))
                .zipWhen(template -> store.builds(
                                template.id(),
                                from.map(PageToken::at).orElse(null),
                                from.map(PageToken::id).orElse(""),
                                limit + 1)
                        .collectList())
                .flatMap(found -> {
                    List<Template.Build> page = found.getT2()
                            .subList(0, Math.min(limit, found.getT2().size()));
                    ServerResponse.BodyBuilder builder = ServerResponse.ok();
                    if (found.getT2().size() > limit) {
                        Template.Build last = page.getLast();
                        builder.header(
                                PageToken.HEADER,
                                new PageToken(last.createdAt(), last.id().toString(), false).encode());
                    }
                    return Json.answer(
                            builder,
                            wire(found.getT1())
                                    .put(
                                            "builds",
                                            page.stream()
                                                    .map(TemplateRoutes::wire)
                                                    .toList()));
                });
    }

    private Mono<ServerResponse> delete(ServerRequest request, Caller caller) {
        return own(request, caller, "Template")
                .flatMap(id -> store.inUse(id)
                        .flatMap(state -> Mono.<ServerResponse>error(new Problem(
                                        400,
                                        "cannot delete template '%s' because there are %s sandboxes using it"
                                                .formatted(id, state))
                                .toException()))
                        .switchIfEmpty(Mono.defer(() -> store.delete(id, now()).then(Json.nothing()))));
    }

    private Mono<ServerResponse> update(ServerRequest request, Caller caller, boolean named) {
        return own(request, caller, "Template")
                .flatMap(id -> Body.optional(request)
                        .map(body -> body.bool("public"))
                        .flatMap(isPublic -> isPublic.map(value -> store.publish(id, value, now()))
                                .orElse(Mono.empty()))
                        .then(Mono.defer(() -> store.find(id)))
                        .flatMap(template -> Json.answer(
                                HttpStatus.OK, named ? Json.object().put("names", template.names()) : Json.object())));
    }

    private Mono<ServerResponse> alias(ServerRequest request, Caller caller) {
        TemplateRef ref = parse(request.pathVariable("ref"), "Invalid alias format: ");
        foreignNamespace(ref, caller.team());
        return store.resolve(ref, caller.team().slug())
                .switchIfEmpty(
                        Mono.error(() -> new Problem(404, "template '%s' not found".formatted(ref)).toException()))
                .flatMap(found -> {
                    if (!found.team().equals(caller.team().id())) {
                        return Mono.error(
                                new Problem(403, "You don't have access to sandbox template '%s'".formatted(ref))
                                        .toException());
                    }
                    Mono<ServerResponse> answer = Json.answer(
                            HttpStatus.OK,
                            Json.object().put("templateID", found.id()).put("public", found.isPublic()));
                    return ref.tag() == null
                            ? answer
                            : store.ready(found.id(), ref.tagOrDefault())
                                    .switchIfEmpty(Mono.error(() -> new Problem(
                                                    404,
                                                    "tag '%s' does not exist for template '%s'"
                                                            .formatted(ref.tag(), ref.name()))
                                            .toException()))
                                    .flatMap(build -> answer);
                });
    }

    private Mono<ServerResponse> tags(ServerRequest request, Caller caller) {
        return own(request, caller, "Template")
                .flatMapMany(store::tags)
                .map(tag -> Json.object()
                        .put("tag", tag.tag())
                        .put("buildID", tag.build())
                        .put("createdAt", tag.createdAt()))
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> assignTags(ServerRequest request, Caller caller) {
        return Body.required(request).flatMap(body -> {
            TemplateRef target = parse(body.string("target"), "Invalid target template format: ");
            foreignNamespace(target, caller.team());
            List<String> tags = tagsOf(body);
            return owned(
                            target,
                            caller,
                            "Template '%s' with tag '%s' not found".formatted(target, target.tagOrDefault()))
                    .flatMap(id -> store.ready(id, target.tagOrDefault())
                            .switchIfEmpty(Mono.error(() -> new Problem(
                                            404,
                                            "Template '%s' with tag '%s' not found"
                                                    .formatted(target, target.tagOrDefault()))
                                    .toException()))
                            .flatMap(build ->
                                    store.assign(id, tags, build, now()).thenReturn(build)))
                    .flatMap(build -> Json.answer(
                            HttpStatus.CREATED, Json.object().put("tags", tags).put("buildID", build)));
        });
    }

    private Mono<ServerResponse> deleteTags(ServerRequest request, Caller caller) {
        return Body.required(request).flatMap(body -> {
            TemplateRef name = parse(body.string("name"), "Invalid name: ");
            foreignNamespace(name, caller.team());
            if (name.tag() != null || body.string("name").contains(":")) {
                throw new Problem(400, "Invalid name: a tag is not allowed here").toException();
            }
            List<String> tags = tagsOf(body);
            if (tags.contains(TemplateRef.DEFAULT_TAG)) {
                throw new Problem(400, "Cannot delete the 'default' tag").toException();
            }
            return owned(name, caller, "template '%s' not found".formatted(name))
                    .flatMap(id -> store.unassign(id, tags).then(Json.nothing()));
        });
    }

    private static List<String> tagsOf(Body body) {
        List<String> given = body.strings("tags")
                .orElseThrow(
                        () -> Problem.validation("property \"tags\" is missing").toException());
        if (given.isEmpty()) {
            throw new Problem(400, "At least one tag is required").toException();
        }
        LinkedHashSet<String> tags = new LinkedHashSet<>();
        for (String each : given) {
            String tag = TemplateRef.tag(each)
                    .orElseThrow(() -> new Problem(400, "Invalid tag: invalid tag: " + each).toException());
            if (isUuid(tag)) {
                throw new Problem(400, "Invalid tag: tag cannot be a UUID").toException();
            }
            tags.add(tag);
        }
        return List.copyOf(tags);
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /// The id of a template of the caller's, else 404 or 403.
    private Mono<String> own(ServerRequest request, Caller caller, String noun) {
        TemplateRef ref = parse(request.pathVariable("ref"), "Invalid template ID: ");
        return owned(ref, caller, noun + " " + ref + " not found");
    }

    private Mono<String> owned(TemplateRef ref, Caller caller, String missing) {
        return store.resolve(ref, caller.team().slug())
                .switchIfEmpty(Mono.error(() -> new Problem(404, missing).toException()))
                .map(found -> {
                    if (!found.team().equals(caller.team().id())) {
                        throw new Problem(
                                        403,
                                        "You don't have access to this sandbox template (%s)".formatted(found.id()))
                                .toException();
                    }
                    return found.id();
                });
    }

    private static TemplateRef parse(String text, String lead) {
        try {
            return TemplateRef.parse(text);
        } catch (TemplateRef.Malformed e) {
            throw new Problem(400, lead + e.getMessage()).toException();
        }
    }

    private static void foreignNamespace(TemplateRef ref, Team team) {
        if (ref.namespace() != null && !ref.namespace().equals(team.slug())) {
            throw new Problem(400, "namespace '%s' must match your team '%s'".formatted(ref.namespace(), team.slug()))
                    .toException();
        }
    }

    private static void ownTeam(Query query, Caller caller) {
        query.text("teamID").ifPresent(id -> {
            if (!id.equals(caller.team().id().toString())) {
                throw mismatch();
            }
        });
    }

    private static ProblemException mismatch() {
        return new Problem(400, "Team ID param mismatch with the API key").toException();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static Json.Obj wire(Template template) {
        Template.@Nullable Build build = template.build();
        UUID by = template.createdBy();
        return Json.object()
                .put("templateID", template.id())
                .put("buildID", build == null ? NO_BUILD : build.id())
                .put("cpuCount", build == null ? 0 : build.cpuCount())
                .put("memoryMB", build == null ? 0 : build.memoryMb())
                .put("diskSizeMB", build == null ? 0 : build.diskMb())
                .put("public", template.isPublic())
                .put("aliases", template.aliases())
                .put("names", template.names())
                .put("createdAt", template.createdAt())
                .put("updatedAt", template.updatedAt())
                .put(
                        "createdBy",
                        by == null ? null : Json.object().put("id", by).put("email", template.createdByEmail()))
                .put("lastSpawnedAt", template.lastSpawnedAt())
                .put("spawnCount", template.spawnCount())
                .put("buildCount", template.buildCount())
                .put("envdVersion", build == null ? "" : Objects.requireNonNullElse(build.envdVersion(), ""))
                .put("buildStatus", template.buildStatus());
    }

    private static Json.Obj wire(Template.Build build) {
        return Json.object()
                .put("buildID", build.id())
                .put("status", build.status())
                .put("createdAt", build.createdAt())
                .put("updatedAt", build.updatedAt())
                .putIfPresent("finishedAt", build.finishedAt())
                .put("cpuCount", build.cpuCount())
                .put("memoryMB", build.memoryMb())
                .put("diskSizeMB", build.diskMb())
                .putIfPresent("envdVersion", build.envdVersion());
    }
}
