package ai.lelantos.gateway.template;

import ai.lelantos.gateway.auth.Team;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.protocol.AgentVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import reactor.core.publisher.Mono;

/// Finds what a reference means for a team.
public final class Templates {

    private static final String BASE = "base";

    private final TemplateStore store;
    private final Clock clock;

    public Templates(TemplateStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /// The build a new sandbox starts from; a private template of another team answers like none.
    public Mono<Bootable> bootable(Team team, TemplateRef ref) {
        return store.startable(ref, team.slug())
                .filter(found -> seen(found.template(), team))
                .switchIfEmpty(notFound(ref))
                .flatMap(found -> Mono.justOrEmpty(found.build()))
                .switchIfEmpty(Mono.error(() -> new Problem(
                                404,
                                "tag '%s' does not exist for template '%s'"
                                        .formatted(
                                                ref.tagOrDefault(), new TemplateRef(ref.namespace(), ref.name(), null)))
                        .toException()));
    }

    /// The id behind a reference without a tag, empty when there is none to be seen.
    public Mono<String> id(Team team, TemplateRef ref) {
        return store.resolve(ref, team.slug())
                .filter(found -> seen(found, team))
                .map(TemplateStore.Owned::id);
    }

    /// Counts more sandboxes of a template.
    public Mono<Void> spawned(String templateId, int count) {
        return store.spawned(templateId, count, clock.instant().truncatedTo(ChronoUnit.MICROS));
    }

    /// Puts the base template there, with the image that `images/base/current` points to.
    public Mono<Void> seed(Team team, Path images, TemplateSettings settings) {
        return store.seed(
                team.id(),
                new TemplateStore.Seed(
                        BASE,
                        UUID.randomUUID(),
                        image(images.resolve(BASE).resolve("current")),
                        settings.cpuCount(),
                        settings.memoryMb(),
                        settings.diskMb(),
                        AgentVersion.CURRENT),
                clock.instant().truncatedTo(ChronoUnit.MICROS));
    }

    /// The template must be seen, else 404; used by every route that takes a reference.
    Mono<TemplateStore.Owned> visible(Team team, TemplateRef ref) {
        return store.resolve(ref, team.slug())
                .filter(found -> seen(found, team))
                .switchIfEmpty(notFound(ref));
    }

    private static boolean seen(TemplateStore.Owned template, Team team) {
        return template.isPublic() || template.team().equals(team.id());
    }

    private static <T> Mono<T> notFound(TemplateRef ref) {
        return Mono.error(() -> new Problem(404, "template '%s' not found".formatted(ref)).toException());
    }

    private static String image(Path current) {
        try {
            return Files.isSymbolicLink(current)
                    ? Files.readSymbolicLink(current).getFileName().toString()
                    : "current";
        } catch (IOException e) {
            return "current";
        }
    }
}
