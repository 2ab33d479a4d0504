package ai.lelantos.gateway.template;

import ai.lelantos.gateway.db.Database;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.core.DatabaseClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Templates, builds, aliases and tags in SQL.
public final class TemplateStore {

    /// A template with its newest ready `default` build and the state of its newest `default` build of all.
    private static final String TEMPLATE = """
            select t.id, t.team_id, t.public, t.snapshot, t.created_at, t.updated_at, t.created_by, u.email,
                t.last_spawned_at, t.spawn_count,
                (select count(*)::int from template_builds b where b.template_id = t.id) as build_count,
                array(select a.alias from template_aliases a where a.template_id = t.id order by a.created_at,
                    a.alias) as aliases,
                array(select case when a.namespace = '' then a.alias else a.namespace || '/' || a.alias end
                    from template_aliases a where a.template_id = t.id order by a.created_at, a.alias) as names,
                coalesce((select b.status from template_tags g join template_builds b on b.id = g.build_id
                    where g.template_id = t.id and g.tag = 'default' order by g.seq desc limit 1), 'waiting') as
                        build_status,
                r.id as build_id, r.status, r.cpu_count, r.memory_mb, r.disk_mb, r.envd_version,
                r.created_at as build_created_at, r.updated_at as build_updated_at, r.finished_at
            from templates t
            left join users u on u.id = t.created_by
            left join lateral (
                select b.* from template_tags g join template_builds b on b.id = g.build_id
                where g.template_id = t.id and g.tag = 'default' and b.status = 'ready' order by g.seq desc limit 1)
                    r on true
            """;

    /// What a reference may stand for, by rank.
    private static final String FOUND = """
             from (
                select a.template_id as id, case when a.namespace = :slug then 1 else 2 end as rank
                from template_aliases a where a.alias = :name and (a.namespace = :namespace or (:bare and
                    a.namespace in (:slug, '')))
                union all
                select :name, 3 where :bare
            ) found join templates t on t.id = found.id and t.deleted_at is null""";

    private static final String READY = """
            select b.* from template_tags g join template_builds b on b.id = g.build_id
            where g.template_id = %s and (g.tag = :tag or b.id::text = :tag) and b.status = 'ready'
                and b.image is not null
            order by g.seq desc limit 1""";

    private final Database database;

    public TemplateStore(Database database) {
        this.database = database;
    }

    /// The id a reference stands for, seen by a team: its own namespace, then promoted names, then ids.
    Mono<Owned> resolve(TemplateRef ref, String slug) {
        return bindRef(
                        sql("select t.id, t.team_id, t.public, t.snapshot" + FOUND + " order by found.rank limit 1"),
                        ref,
                        slug)
                .map(row -> owned(row))
                .one();
    }

    /// The same with the newest ready build of the reference's tag; a tag that is a UUID may name the build itself.
    Mono<Startable> startable(TemplateRef ref, String slug) {
        return bindRef(sql("""
                        select t.id, t.team_id, t.public, t.snapshot, r.id as build_id, r.image, r.cpu_count,
                            r.memory_mb, r.disk_mb, r.envd_version,
                            (select a.alias from template_aliases a where a.template_id = t.id order by a.created_at,
                                a.alias limit 1) as alias
                        %s
                        left join lateral (%s) r on true
                        order by found.rank limit 1""".formatted(FOUND, READY.formatted("t.id"))), ref, slug)
                .bind("tag", ref.tagOrDefault())
                .map(row -> new Startable(
                        owned(row),
                        row.get("build_id", UUID.class) == null ? Optional.empty() : Optional.of(bootable(row))))
                .one();
    }

    /// The newest ready build of a template's tag.
    Mono<UUID> ready(String templateId, String tag) {
        return sql(READY.formatted(":template"))
                .bind("template", templateId)
                .bind("tag", tag)
                .map(row -> uuid(row, "id"))
                .one();
    }

    private static DatabaseClient.GenericExecuteSpec bindRef(
            DatabaseClient.GenericExecuteSpec spec, TemplateRef ref, String slug) {
        return spec.bind("name", ref.name())
                .bind("namespace", ref.namespace() == null ? slug : ref.namespace())
                .bind("slug", slug)
                .bind("bare", ref.namespace() == null);
    }

    private static Owned owned(Readable row) {
        return new Owned(text(row, "id"), uuid(row, "team_id"), flag(row, "public"), flag(row, "snapshot"));
    }

    private static Bootable bootable(Readable row) {
        return new Bootable(
                text(row, "id"),
                row.get("alias", String.class),
                uuid(row, "build_id"),
                text(row, "image"),
                number(row, "cpu_count"),
                number(row, "memory_mb"),
                number(row, "disk_mb"),
                text(row, "envd_version"));
    }

    Flux<Template> list(UUID team, @Nullable Instant before, String beforeId, int limit) {
        var query = sql(TEMPLATE + """
                        where t.team_id = :team and t.deleted_at is null and not t.snapshot
                            and (:before::timestamptz is null or t.created_at < :before or (t.created_at = :before
                                and t.id > :beforeId))
                        order by t.created_at desc, t.id limit :limit""")
                .bind("team", team)
                .bind("beforeId", beforeId)
                .bind("limit", limit);
        return (before == null ? query.bindNull("before", Instant.class) : query.bind("before", before))
                .map(row -> template(row))
                .all();
    }

    Mono<Template> find(String id) {
        return sql(TEMPLATE + "where t.id = :id and t.deleted_at is null")
                .bind("id", id)
                .map(row -> template(row))
                .one();
    }

    Flux<Template.Build> builds(String templateId, @Nullable Instant before, String beforeId, int limit) {
        var query =
                sql("""
                        select id as build_id, status, cpu_count, memory_mb, disk_mb, envd_version,
                            created_at as build_created_at, updated_at as build_updated_at, finished_at
                        from template_builds
                        where template_id = :template
                            and (:before::timestamptz is null or created_at < :before or (created_at = :before and
                                id::text > :beforeId))
                        order by created_at desc, id limit :limit
                        """).bind("template", templateId).bind("beforeId", beforeId).bind("limit", limit);
        return (before == null ? query.bindNull("before", Instant.class) : query.bind("before", before))
                .map(row -> Objects.requireNonNull(build(row)))
                .all();
    }

    /// Tags with the ready build each stands for, newest first.
    Flux<Template.Tag> tags(String templateId) {
        return sql("""
                        select tag, build_id, created_at from (
                            select distinct on (g.tag) g.tag, g.build_id, g.created_at, g.seq
                            from template_tags g join template_builds b on b.id = g.build_id
                            where g.template_id = :template and b.status = 'ready' order by g.tag, g.seq desc) newest
                        order by seq desc""")
                .bind("template", templateId)
                .map(row -> new Template.Tag(text(row, "tag"), uuid(row, "build_id"), instant(row, "created_at")))
                .all();
    }

    Mono<Void> assign(String templateId, List<String> tags, UUID build, Instant now) {
        return Flux.fromIterable(tags)
                .concatMap(tag ->
                        sql("insert into template_tags (template_id, tag, build_id, created_at) values (:template, :tag, :build, :now)")
                                .bind("template", templateId)
                                .bind("tag", tag)
                                .bind("build", build)
                                .bind("now", now)
                                .then())
                .then();
    }

    Mono<Void> unassign(String templateId, List<String> tags) {
        return sql("delete from template_tags where template_id = :template and tag = any(:tags)")
                .bind("template", templateId)
                .bind("tags", tags.toArray(String[]::new))
                .then();
    }

    Mono<Void> publish(String templateId, boolean isPublic, Instant now) {
        return sql("update templates set public = :public, updated_at = :now where id = :id")
                .bind("public", isPublic)
                .bind("now", now)
                .bind("id", templateId)
                .then();
    }

    /// `running` or `paused` when a sandbox is based on it.
    Mono<String> inUse(String templateId) {
        return sql("""
                        select case when bool_or(state <> 'paused') then 'running' else 'paused' end as state
                        from sandboxes where template_id = :id and ended_at is null having count(*)
                            > 0""").bind("id", templateId).map(row -> text(row, "state")).one();
    }

    Mono<Void> delete(String templateId, Instant now) {
        return database.transaction(sql("delete from template_aliases where template_id = :id")
                .bind("id", templateId)
                .then()
                .then(sql("update templates set deleted_at = :now, updated_at = :now where id = :id")
                        .bind("now", now)
                        .bind("id", templateId)
                        .then()));
    }

    Mono<Void> spawned(String templateId, int count, Instant now) {
        return sql("update templates set spawn_count = spawn_count + :count, last_spawned_at = :now where id = :id")
                .bind("now", now)
                .bind("count", count)
                .bind("id", templateId)
                .then();
    }

    /// A promoted, public template with one ready build; another image of it becomes its next build.
    Mono<Void> seed(UUID team, Seed seed, Instant now) {
        Mono<Void> made = sql("insert into templates (id, team_id, public, created_at, updated_at) values (:id, "
                        + ":team, true, :now, :now) on conflict (id) do nothing")
                .bind("id", seed.id())
                .bind("team", team)
                .bind("now", now)
                .then();
        Mono<Void> named = sql("insert into template_aliases (namespace, alias, template_id, created_at) values ('', "
                        + ":alias, :id, :now) on conflict do nothing")
                .bind("alias", seed.id())
                .bind("id", seed.id())
                .bind("now", now)
                .then();
        Mono<Void> built = sql("""
                        with build as (
                            insert into template_builds (id, template_id, status, cpu_count, memory_mb, disk_mb,
                                envd_version, image, created_at, updated_at, finished_at)
                            select :build, :id, 'ready', :cpu, :memory, :disk, :envd, :image, :now, :now, :now
                            where not exists (
                                select from (select b.* from template_tags g join template_builds b on b.id = g.build_id
                                    where g.template_id = :id and g.tag = 'default' and b.status = 'ready' order by
                                        g.seq desc limit 1) last
                                where last.image = :image and last.cpu_count = :cpu and last.memory_mb = :memory and
                                    last.disk_mb = :disk and last.envd_version = :envd)
                            returning id)
                        insert into template_tags (template_id, tag, build_id, created_at) select :id, 'default', id, :now from build""")
                .bind("build", seed.build())
                .bind("id", seed.id())
                .bind("cpu", seed.cpuCount())
                .bind("memory", seed.memoryMb())
                .bind("disk", seed.diskMb())
                .bind("envd", seed.envdVersion())
                .bind("image", seed.image())
                .bind("now", now)
                .then();
        return database.transaction(made.then(named).then(built));
    }

    private DatabaseClient.GenericExecuteSpec sql(String text) {
        return database.client().sql(text);
    }

    private static Template template(Readable row) {
        return new Template(
                text(row, "id"),
                uuid(row, "team_id"),
                flag(row, "public"),
                flag(row, "snapshot"),
                texts(row, "aliases"),
                texts(row, "names"),
                instant(row, "created_at"),
                instant(row, "updated_at"),
                row.get("created_by", UUID.class),
                row.get("email", String.class),
                row.get("last_spawned_at", Instant.class),
                Objects.requireNonNull(row.get("spawn_count", Long.class)),
                number(row, "build_count"),
                text(row, "build_status"),
                build(row));
    }

    private static Template.@Nullable Build build(Readable row) {
        UUID id = row.get("build_id", UUID.class);
        return id == null
                ? null
                : new Template.Build(
                        id,
                        text(row, "status"),
                        number(row, "cpu_count"),
                        number(row, "memory_mb"),
                        number(row, "disk_mb"),
                        row.get("envd_version", String.class),
                        instant(row, "build_created_at"),
                        instant(row, "build_updated_at"),
                        row.get("finished_at", Instant.class));
    }

    private static List<String> texts(Readable row, String name) {
        return Optional.ofNullable(row.get(name, String[].class))
                .map(Arrays::asList)
                .orElse(List.of());
    }

    private static UUID uuid(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, UUID.class));
    }

    private static String text(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, String.class));
    }

    private static int number(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Integer.class));
    }

    private static boolean flag(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Boolean.class));
    }

    private static Instant instant(Readable row, String name) {
        return Objects.requireNonNull(row.get(name, Instant.class));
    }

    /// A template's id and who may see it.
    record Owned(String id, UUID team, boolean isPublic, boolean snapshot) {}

    /// A template and what of it a sandbox can start from, if anything.
    record Startable(Owned template, Optional<Bootable> build) {}

    /// A template that is there from the start.
    record Seed(String id, UUID build, String image, int cpuCount, int memoryMb, int diskMb, String envdVersion) {}
}
