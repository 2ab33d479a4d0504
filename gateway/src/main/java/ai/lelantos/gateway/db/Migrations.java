package ai.lelantos.gateway.db;

import ai.lelantos.gateway.settings.StartRefused;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.Wrapped;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Brings the schema up to this build: each script once, in order, in its own transaction, under a lock so that
/// gateways which start together take turns. A script that changed after it ran is refused.
public final class Migrations {

    private static final Logger log = LoggerFactory.getLogger(Migrations.class);

    /// Scripts under `migrations/`; their place in the list is their version. Only ever append.
    private static final List<String> SCRIPTS = List.of("001-begin", "002-running", "003-places");

    /// Any number nobody else locks: "lelantos" in ASCII, cut to what an advisory lock holds.
    private static final long LOCK = 0x6c656c616e746f73L;

    private static final String TABLE = """
            create table if not exists migrations (
                version integer primary key,
                name text not null,
                checksum text not null,
                applied_at timestamptz not null default now()
            )""";

    private final Database database;
    private final List<String> texts;

    /// Reads the scripts, so it blocks; running them does not.
    public Migrations(Database database) {
        this.database = database;
        this.texts = SCRIPTS.stream().map(Migrations::script).toList();
    }

    /// How many scripts were new here.
    public Mono<Integer> run() {
        return Mono.usingWhen(
                database.connections().create(),
                connection -> execute(connection, "select pg_advisory_lock(" + LOCK + ")")
                        .then(execute(connection, TABLE))
                        .then(applied(connection))
                        .flatMap(applied -> rest(connection, applied))
                        .onErrorResume(failure -> unlock(connection).then(Mono.error(failure)))
                        .flatMap(count -> unlock(connection).thenReturn(count)),
                Connection::close);
    }

    private static Mono<Void> unlock(Connection connection) {
        return execute(connection, "select pg_advisory_unlock(" + LOCK + ")");
    }

    private static Mono<Map<Integer, String>> applied(Connection connection) {
        return Flux.from(connection
                        .createStatement("select version, checksum from migrations")
                        .execute())
                .flatMap(
                        result -> result.map((row, meta) ->
                                Map.entry(row.get("version", Integer.class), row.get("checksum", String.class))),
                        1)
                .collectMap(Map.Entry::getKey, Map.Entry::getValue);
    }

    private Mono<Integer> rest(Connection connection, Map<Integer, String> applied) {
        int newest = applied.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
        if (newest > SCRIPTS.size()) {
            return Mono.error(new StartRefused(
                    "The database is of version %d (this build knows %d): start the newer build, or give this one its own database."
                            .formatted(newest, SCRIPTS.size())));
        }
        return Flux.range(1, SCRIPTS.size())
                .concatMap(version -> one(connection, version, applied))
                .reduce(0, Integer::sum);
    }

    private Mono<Integer> one(Connection connection, int version, Map<Integer, String> applied) {
        String name = SCRIPTS.get(version - 1);
        String script = texts.get(version - 1);
        String checksum = checksum(script);
        if (applied.containsKey(version)) {
            return checksum.equals(applied.get(version))
                    ? Mono.just(0)
                    : Mono.error(new StartRefused(
                            "The migration %s is not the one that made this database: use the build that made it, or another database."
                                    .formatted(name)));
        }
        String record = "insert into migrations (version, name, checksum) values (%d, '%s', '%s')"
                .formatted(version, name, checksum);
        log.atInfo().addKeyValue("version", version).addKeyValue("name", name).log("migrating");
        return execute(connection, "begin;\n" + script + "\n;" + record + ";\ncommit")
                .onErrorResume(failure -> execute(connection, "rollback").then(Mono.error(failure)))
                .thenReturn(1);
    }

    /// Many statements in one go: the simple query protocol, without parameters.
    private static Mono<Void> execute(Connection connection, String sql) {
        PostgresqlConnection postgres = connection instanceof PostgresqlConnection direct
                ? direct
                : (PostgresqlConnection) ((Wrapped<?>) connection).unwrap();
        return postgres.createStatement(sql)
                .execute()
                .concatMap(result -> result.getRowsUpdated())
                .then();
    }

    private static String script(String name) {
        try (InputStream in = Migrations.class.getResourceAsStream("/migrations/" + name + ".sql")) {
            if (in == null) {
                throw new IllegalStateException("no script migrations/" + name + ".sql");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("script " + name, e);
        }
    }

    private static String checksum(String script) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
