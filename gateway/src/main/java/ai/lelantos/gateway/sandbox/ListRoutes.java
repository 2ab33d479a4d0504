package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.auth.Team;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.PageToken;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Query;
import ai.lelantos.gateway.template.TemplateRef;
import ai.lelantos.gateway.template.Templates;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// Lists of sandboxes over HTTP.
final class ListRoutes {

    private static final List<String> RUNNING = List.of("running");
    private static final List<String> PAUSED = List.of("pausing", "paused", "resuming");
    /// The first version has no pages; beyond this many nobody reads it.
    private static final int V1_MAX = 10_000;

    private final ListStore store;
    private final Templates templates;
    private final Doorkeeper door;
    private final SandboxWire wire;

    ListRoutes(ListStore store, Templates templates, Doorkeeper door, SandboxWire wire) {
        this.store = store;
        this.templates = templates;
        this.door = door;
        this.wire = wire;
    }

    RouterFunction<ServerResponse> routes() {
        return route().GET("/sandboxes", team(this::running))
                .GET("/v2/sandboxes", team(this::page))
                .GET("/snapshots", team(this::snapshots))
                .build();
    }

    private HandlerFunction<ServerResponse> team(BiFunction<ServerRequest, Caller, Mono<ServerResponse>> handler) {
        return Guarded.by(headers -> door.team(headers, Access.READ), handler);
    }

    private Mono<ServerResponse> running(ServerRequest request, Caller caller) {
        ListStore.Filter filter =
                new ListStore.Filter(caller.team().id(), RUNNING, metadata(Query.of(request)), null, null);
        return store.page(filter, false, null, "", V1_MAX)
                .map(wire::listed)
                .collectList()
                .flatMap(all -> Json.answer(HttpStatus.OK, Json.array(all)));
    }

    private Mono<ServerResponse> page(ServerRequest request, Caller caller) {
        Query query = Query.of(request);
        boolean ascending = query.oneOf("order", List.of("asc", "desc"), "desc").equals("asc");
        int limit = query.limit();
        Optional<PageToken> from = PageToken.of(query, ascending);
        List<String> states = states(query);
        Map<String, String> metadata = metadata(query);
        Instant after = query.instant("startedAfter")
                .map(at -> at.truncatedTo(ChronoUnit.MICROS))
                .orElse(null);
        return template(query, caller.team()).flatMap(template -> {
            if (template.isEmpty() && query.text("template").isPresent()) {
                ServerResponse.BodyBuilder none = ServerResponse.ok();
                return Json.answer(states.contains("running") ? none.header("X-Total-Running", "0") : none, List.of());
            }
            ListStore.Filter filter =
                    new ListStore.Filter(caller.team().id(), columns(states), metadata, template.orElse(null), after);
            Mono<Long> total = states.contains("running")
                    ? store.count(new ListStore.Filter(filter.team(), RUNNING, metadata, filter.template(), after))
                    : Mono.just(-1L);
            return store.page(
                            filter,
                            ascending,
                            from.map(PageToken::at).orElse(null),
                            from.map(PageToken::id).orElse(""),
                            limit + 1)
                    .collectList()
                    .zipWith(total, (found, running) -> answer(found, running, limit, ascending))
                    .flatMap(answer -> answer);
        });
    }

    private Mono<ServerResponse> answer(List<Sandbox> found, long running, int limit, boolean ascending) {
        List<Sandbox> page = found.subList(0, Math.min(limit, found.size()));
        ServerResponse.BodyBuilder builder = ServerResponse.ok();
        if (running >= 0) {
            builder.header("X-Total-Running", String.valueOf(running));
        }
        if (found.size() > limit) {
            Sandbox last = page.getLast();
            builder.header(PageToken.HEADER, new PageToken(last.startedAt(), last.id(), ascending).encode());
        }
        return Json.answer(builder, Json.array(page.stream().map(wire::listed).toList()));
    }

    /// None can be made yet, so there are none; the parameters are checked all the same.
    private Mono<ServerResponse> snapshots(ServerRequest request, Caller caller) {
        Query query = Query.of(request);
        int limit = query.limit();
        Optional<PageToken> from = PageToken.of(query, false);
        query.text("name").ifPresent(name -> {
            TemplateRef ref = parse(name, "Invalid name: ");
            if (ref.namespace() != null && !ref.namespace().equals(caller.team().slug())) {
                throw new Problem(
                                400,
                                "namespace '%s' must match your team '%s'"
                                        .formatted(
                                                ref.namespace(), caller.team().slug()))
                        .toException();
            }
        });
        assert limit > 0 && from != null;
        return Json.answer(HttpStatus.OK, List.of());
    }

    private Mono<Optional<String>> template(Query query, Team team) {
        Optional<String> asked = query.text("template");
        if (asked.isEmpty()) {
            return Mono.just(Optional.empty());
        }
        TemplateRef ref = parse(asked.get(), "Invalid template: ");
        if (asked.get().contains(":")) {
            throw new Problem(400, "Invalid template: a tag is not allowed here").toException();
        }
        return templates.id(team, ref).map(Optional::of).defaultIfEmpty(Optional.empty());
    }

    private static TemplateRef parse(String text, String lead) {
        try {
            return TemplateRef.parse(text);
        } catch (TemplateRef.Malformed e) {
            throw new Problem(400, lead + e.getMessage()).toException();
        }
    }

    private static List<String> states(Query query) {
        List<String> asked = query.list("state");
        for (String each : asked) {
            if (!each.equals("running") && !each.equals("paused")) {
                throw Problem.validation("parameter \"state\" is \"" + each + "\" (expected: running, paused)")
                        .toException();
            }
        }
        return asked.isEmpty() ? List.of("running", "paused") : asked;
    }

    private static List<String> columns(List<String> states) {
        return Stream.concat(
                        states.contains("running") ? RUNNING.stream() : Stream.of(),
                        states.contains("paused") ? PAUSED.stream() : Stream.of())
                .toList();
    }

    private static Map<String, String> metadata(Query query) {
        return query.text("metadata").map(MetadataFilter::parse).orElse(Map.of());
    }
}
