package ai.lelantos.gateway.api;

import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.db.DatabaseSettings;
import ai.lelantos.gateway.db.EmbeddedPostgres;
import ai.lelantos.gateway.settings.Home;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// SQL on a home's database beside its gateway, as an operator would.
record Beside(Database database) implements AutoCloseable {

    private static final Duration SQL_MAX = Duration.ofMinutes(5);

    static Beside of(Path home) {
        return new Beside(Database.embedded(
                EmbeddedPostgres.start(Home.at(home)).access(), new DatabaseSettings(null, 2, SQL_MAX)));
    }

    /// How many rows it changed.
    @CanIgnoreReturnValue
    long sql(String text) {
        return Objects.requireNonNull(
                database.client().sql(text).fetch().rowsUpdated().block(SQL_MAX));
    }

    List<Map<String, Object>> rows(String text) {
        return Objects.requireNonNull(
                database.client().sql(text).fetch().all().collectList().block(SQL_MAX));
    }

    @Override
    public void close() {
        database.close();
    }
}
