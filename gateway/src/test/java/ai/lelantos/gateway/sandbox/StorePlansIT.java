package ai.lelantos.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.db.DatabaseSettings;
import ai.lelantos.gateway.db.EmbeddedPostgres;
import ai.lelantos.gateway.db.Migrations;
import ai.lelantos.gateway.settings.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Lists and lookups stay flat whatever the number of rows: the plans PostgreSQL chooses for our own statements touch a
/// bounded number of pages and never walk the table. `-Dlelantos.store.rows=1000000` is what docs/store.md shows.
class StorePlansIT {

    private static final int ROWS = Integer.getInteger("lelantos.store.rows", 100_000);
    private static final int TEAMS = 4;
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final UUID TEAM = new UUID(0, 1);
    private static final List<String> RUNNING = List.of("running");
    private static final List<String> ALL = List.of("running", "pausing", "paused", "resuming");
    /// Of 8 KiB each: a page of a hundred rows that lie anywhere, and the way to them.
    private static final int PAGES_MAX = 160;
    private static final Pattern NAMED = Pattern.compile("(?<!:):([a-z]+)");
    private static final Pattern PAGES = Pattern.compile("Buffers: shared (?:hit=(\\d+) ?)?(?:read=(\\d+))?");

    private static @Nullable Path folder;
    private static @Nullable EmbeddedPostgres postgres;
    private static @Nullable Database database;

    @BeforeAll
    static void fill() throws IOException {
        folder = Files.createTempDirectory(Path.of("/tmp"), "lelantos-it-");
        postgres = EmbeddedPostgres.start(Home.at(folder));
        database = Database.embedded(postgres.access(), new DatabaseSettings(null, 2, LONG));
        var _ = new Migrations(database).run().block(LONG);
        sql(
                "insert into teams (id, slug, name, concurrency_max, timeout_seconds_max, builds_max, cpu_max, memory_mb_max) "
                        + "select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 't' || n, 't', 1, 1, 1, 1, 1 "
                        + "from generate_series(1, " + TEAMS + ") n");
        // Nine of ten are gone; of the rest every tenth runs.
        sql("insert into sandboxes (id, team_id, template_id, build_id, image, node_id, machine_id, state, created_at, "
                + "started_at, end_at, ended_at, cpu_count, memory_mb, disk_mb, envd_version, secure, metadata, env_vars, "
                + "auto_pause, auto_pause_memory, auto_resume, auto_resume_seconds) "
                + "select 'i' || lpad(n::text, 20, '0'), ('00000000-0000-0000-0000-' || lpad((n / 10 % " + TEAMS
                + " + 1)::text, 12, '0'))::uuid, 'base', gen_random_uuid(), 'b1', 'node' || n % 3, 'm' || n, "
                + "case when n % 10 > 0 then 'gone' when n / 10 / " + TEAMS
                + " % 10 = 0 then 'running' else 'paused' end, "
                + "t, t, t, case when n % 10 > 0 then t end, 2, 512, 1024, '0.6.4', true, "
                + "jsonb_build_object('user', 'u' || n, 'app', 'a' || n % 7), '{}', true, true, false, 300 "
                + "from generate_series(1, " + ROWS + ") n, lateral (select now() - n * interval '1 second' as t) _");
        sql("vacuum analyze sandboxes");
    }

    @AfterAll
    static void drop() throws IOException {
        if (database != null) {
            database.close();
        }
        if (postgres != null) {
            postgres.stop();
        }
        if (folder != null) {
            try (var all = Files.walk(folder)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    @Test
    void lookupsAndPagesTouchFewPages() {
        flat("a sandbox by its id", "select " + SandboxStore.COLUMNS + " from sandboxes s where s.id = :id");
        var plain = filter(ALL, Map.of());
        flat("first page", ListStore.pageSql(plain, false, false));
        flat("a page in the middle", ListStore.pageSql(plain, false, true));
        flat("a page, oldest first", ListStore.pageSql(plain, true, true));
        flat("a page by metadata", ListStore.pageSql(filter(ALL, Map.of("user", "u40")), false, false));
        flat("the running ones' first page", ListStore.pageSql(filter(RUNNING, Map.of()), false, false));
        flat("how many run", ListStore.countSql(filter(RUNNING, Map.of())));
        flat("how many run, by metadata", ListStore.countSql(filter(RUNNING, Map.of("user", "u40"))));
        var based = new ListStore.Filter(TEAM, ALL, Map.of(), "base", null);
        flat("a template's first page", ListStore.pageSql(based, false, false));
        flat("a template's page in the middle", ListStore.pageSql(based, false, true));
        // As the function of 003-places.sql asks.
        flat("a team's places in use", """
                select count(*) from sandboxes where team_id = :team and state in ('starting', 'running', 'resuming', 'pausing')""");
    }

    private static ListStore.Filter filter(List<String> states, Map<String, String> metadata) {
        return new ListStore.Filter(TEAM, states, metadata, null, null);
    }

    /// Explains the statement as it is prepared for everyone, whatever is asked, and as for these values.
    private static void flat(String what, String sql) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("id", "'i" + "0".repeat(14) + "000200'");
        values.put("team", "'" + TEAM + "'::uuid");
        values.put("metadata", "'{\"user\":\"u40\"}'");
        values.put("at", "now() - interval '" + ROWS / 2 + " seconds'");
        values.put("limit", "101");
        values.put("template", "'base'");
        String text = NAMED.matcher(sql)
                .replaceAll(name -> Matcher.quoteReplacement(
                        java.util.Objects.requireNonNull(values.get(name.group(1)), name.group(1))));
        List<String> plan = lines("explain (analyze, buffers, costs off, timing off, summary on) " + text);
        if (Boolean.getBoolean("lelantos.store.print")) {
            System.out.println("## " + what + "\n" + String.join("\n", plan) + "\n");
        }
        Matcher pages = PAGES.matcher(String.join("\n", plan));
        assertThat(pages.find()).as(what + " " + plan).isTrue();
        int touched = number(pages.group(1)) + number(pages.group(2));
        assertThat(touched).as(what + ": " + String.join("\n", plan)).isLessThan(PAGES_MAX);
        assertThat(plan).as(what).noneMatch(line -> line.contains("Seq Scan"));
    }

    private static int number(@Nullable String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    private static void sql(String text) {
        var _ = java.util.Objects.requireNonNull(database)
                .client()
                .sql(text)
                .fetch()
                .rowsUpdated()
                .block(LONG);
    }

    private static List<String> lines(String text) {
        return java.util.Objects.requireNonNull(java.util.Objects.requireNonNull(database)
                .client()
                .sql(text)
                .map(row -> String.valueOf(row.get(0, String.class)))
                .all()
                .collectList()
                .block(LONG));
    }
}
