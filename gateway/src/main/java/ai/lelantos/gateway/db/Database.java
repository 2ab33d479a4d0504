package ai.lelantos.gateway.db;

import ai.lelantos.gateway.settings.StartRefused;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.client.SSLMode;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.R2dbcTransientResourceException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;
import reactor.core.publisher.Mono;

/// The pool and its transactions. Stores write SQL through [#client].
public final class Database implements AutoCloseable {

    private static final Duration IDLE_MAX = Duration.ofMinutes(10);
    private static final int PORT_USUAL = 5432;

    private final ConnectionPool pool;
    private final DatabaseClient client;
    private final TransactionalOperator transactions;

    private Database(ConnectionFactory factory, DatabaseSettings settings) {
        this.pool = new ConnectionPool(ConnectionPoolConfiguration.builder(factory)
                .initialSize(2)
                .maxSize(settings.connectionsMax())
                .maxAcquireTime(settings.acquireTimeout())
                .maxIdleTime(IDLE_MAX)
                .build());
        this.client = DatabaseClient.create(pool);
        this.transactions = TransactionalOperator.create(new R2dbcTransactionManager(pool));
    }

    /// The embedded one.
    public static Database embedded(EmbeddedPostgres.Access access, DatabaseSettings settings) {
        return new Database(
                new PostgresqlConnectionFactory(PostgresqlConnectionConfiguration.builder()
                        .socket(access.socket())
                        .username(access.user())
                        .password(access.password())
                        .database(access.database())
                        .applicationName("lelantos")
                        .build()),
                settings);
    }

    /// The user's own, by its URL.
    public static Database at(String url, DatabaseSettings settings) {
        return new Database(new PostgresqlConnectionFactory(parse(url)), settings);
    }

    public DatabaseClient client() {
        return client;
    }

    /// All of it or nothing; a transaction within a transaction is the same one.
    public <T> Mono<T> transaction(Mono<T> work) {
        return transactions.transactional(work);
    }

    /// Whether this failed because the database is gone or answers too late, not because of what it was asked.
    public static boolean away(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof R2dbcNonTransientResourceException
                    || each instanceof R2dbcTransientResourceException
                    || each instanceof R2dbcTimeoutException) {
                return true;
            }
        }
        return false;
    }

    ConnectionFactory connections() {
        return pool;
    }

    @Override
    public void close() {
        pool.dispose();
    }

    private static PostgresqlConnectionConfiguration parse(String url) {
        try {
            URI uri = new URI(url.startsWith("r2dbc:") ? url.substring("r2dbc:".length()) : url);
            if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
                throw wrong("it begins with " + uri.getScheme());
            }
            String user = Objects.requireNonNullElse(uri.getRawUserInfo(), "postgres");
            int colon = user.indexOf(':');
            var builder = PostgresqlConnectionConfiguration.builder()
                    .host(Objects.requireNonNullElse(uri.getHost(), "localhost"))
                    .port(uri.getPort() < 0 ? PORT_USUAL : uri.getPort())
                    .username(decode(colon < 0 ? user : user.substring(0, colon)))
                    .database(
                            uri.getPath() == null || uri.getPath().length() < 2
                                    ? "postgres"
                                    : uri.getPath().substring(1))
                    .applicationName("lelantos")
                    .connectTimeout(Duration.ofSeconds(10));
            if (colon >= 0) {
                builder.password(decode(user.substring(colon + 1)));
            }
            sslMode(uri.getRawQuery(), builder);
            return builder.build();
        } catch (URISyntaxException e) {
            throw wrong("it is no URL");
        }
    }

    private static void sslMode(@Nullable String query, PostgresqlConnectionConfiguration.Builder builder) {
        if (query == null) {
            return;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (!key.toLowerCase(Locale.ROOT).equals("sslmode")) {
                throw wrong("its parameter " + key + " is unknown, only sslmode is used");
            }
            try {
                builder.sslMode(SSLMode.fromValue(decode(pair.substring(equals + 1))));
            } catch (IllegalArgumentException e) {
                throw wrong("its sslmode is unknown");
            }
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static StartRefused wrong(String why) {
        return new StartRefused(
                "LELANTOS_DATABASE_URL cannot be used (%s): write postgresql://user:password@host:5432/name."
                        .formatted(why));
    }
}
