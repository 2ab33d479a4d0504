package ai.lelantos.loadtest.scenario;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The smallest questions to the product's own database, by the driver the product uses, on one connection.
final class Question implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Connection connection;

    private Question(Connection connection) {
        this.connection = connection;
    }

    /// The database that a server of this home keeps itself, or the one LELANTOS_DATABASE_URL names.
    static Question toDatabase(@Nullable Path home) {
        String url = System.getenv("LELANTOS_DATABASE_URL");
        if (url == null && home == null) {
            throw new IllegalStateException("no database known: give --home, or set LELANTOS_DATABASE_URL");
        }
        ConnectionFactory factory = url != null ? ConnectionFactories.get("r2dbc:" + url) : embedded(home);
        return new Question(answer(Mono.from(factory.create())));
    }

    private static ConnectionFactory embedded(@Nullable Path home) {
        try {
            Path folder = java.util.Objects.requireNonNull(home, "home");
            return new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                    .socket(folder.resolve("run/database/.s.PGSQL.5432").toString())
                    .username("lelantos")
                    .password(Files.readString(folder.resolve("keys/database")).strip())
                    .database("postgres")
                    .applicationName("lelantos-bench")
                    .build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long ask() {
        return number("select 1::bigint");
    }

    /// A table for [#write].
    void prepare() {
        change("create table if not exists lelantos_bench (at timestamptz not null)");
    }

    void forget() {
        change("drop table if exists lelantos_bench");
    }

    /// One small row, on the disk when this returns.
    long write() {
        return change("insert into lelantos_bench values (now())");
    }

    private long number(String sql) {
        return answer(Flux.from(connection.createStatement(sql).execute())
                .flatMap(result -> result.map((row, _) -> row.get(0, Long.class)))
                .single());
    }

    @CanIgnoreReturnValue
    private long change(String sql) {
        return answer(Flux.from(connection.createStatement(sql).execute())
                .flatMap(Result::getRowsUpdated)
                .reduce(0L, Long::sum));
    }

    @Override
    public void close() {
        var _ = Mono.from(connection.close()).thenReturn(true).block(LIMIT);
    }

    private static <T> T answer(Mono<T> question) {
        return java.util.Objects.requireNonNull(question.block(LIMIT), "an answer");
    }
}
