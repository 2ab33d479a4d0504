package ai.lelantos.loadtest.scenario;

import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The smallest question to the product's own database, by the driver the product uses, on one connection.
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

    int ask() {
        return answer(Flux.from(connection.createStatement("select 1").execute())
                .flatMap(result -> result.map((row, _) -> row.get(0, Integer.class)))
                .single());
    }

    @Override
    public void close() {
        var _ = Mono.from(connection.close()).thenReturn(true).block(LIMIT);
    }

    private static <T> T answer(Mono<T> question) {
        return java.util.Objects.requireNonNull(question.block(LIMIT), "an answer");
    }
}
