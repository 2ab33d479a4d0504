package ai.lelantos.gateway.auth;

import ai.lelantos.gateway.settings.Home;
import ai.lelantos.gateway.settings.StartRefused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What a fresh server needs before anyone can ask: a team, a user, a key, tokens, a seed. Secrets are kept in the
/// home, readable by the owner only; what the settings say wins and is kept too.
///
/// Reads and writes files, so only `Gateway` makes one, before anything serves.
public final class Bootstrap {

    private static final String TEAM_SLUG = "default";

    private final String apiKey;
    private final boolean apiKeyIsNew;
    private final String accessToken;
    private final String adminToken;
    private final String seed;
    private final String node;
    private final AuthSettings settings;

    public Bootstrap(Home home, AuthSettings settings) {
        this.settings = settings;
        Path keys = home.keys();
        this.apiKeyIsNew = !Files.exists(keys.resolve("api-key"));
        this.apiKey = kept(home, "api-key", settings.apiKey(), KeyFormat.API_KEY);
        this.accessToken = kept(home, "access-token", settings.accessToken(), KeyFormat.ACCESS_TOKEN);
        this.adminToken = kept(home, "admin-token", settings.adminToken(), "");
        this.seed = kept(home, "seed", null, "");
        this.node = kept(home, "node", null, "node-");
    }

    /// Puts team, user, key and token into the database unless they are there.
    public Mono<Team> seed(AuthStore store, Clock clock) {
        Mono<UUID> team = settings.teamId() != null
                ? Mono.just(UUID.fromString(settings.teamId()))
                : store.oldestTeam().map(Team::id).switchIfEmpty(Mono.fromSupplier(UUID::randomUUID));
        Mono<UUID> user = settings.userId() != null
                ? Mono.just(UUID.fromString(settings.userId()))
                : store.oldestUser().switchIfEmpty(Mono.fromSupplier(UUID::randomUUID));
        return Mono.zip(team, user).flatMap(ids -> {
            String key = KeyFormat.apiKeyBody(apiKey).orElseThrow(() -> malformed("api-key"));
            String token = KeyFormat.accessTokenBody(accessToken).orElseThrow(() -> malformed("access-token"));
            return store.ensureTeam(ids.getT1(), TEAM_SLUG, "Default", settings.teamConcurrencyMax())
                    .then(store.ensureUser(ids.getT2(), ids.getT1()))
                    .then(store.keyOwner(KeyFormat.hash(key))
                            .map(AuthStore.KeyOwner::key)
                            .switchIfEmpty(Mono.defer(() -> store.insertKey(
                                            UUID.randomUUID(),
                                            ids.getT1(),
                                            "default",
                                            key,
                                            ids.getT2(),
                                            clock.instant())
                                    .map(ApiKey::id))))
                    .then(store.insertToken(UUID.randomUUID(), ids.getT2(), "default", token, clock.instant()))
                    .then(store.team(ids.getT1()));
        });
    }

    /// Null unless this start made or took its first key.
    public @Nullable String firstKey() {
        return apiKeyIsNew ? apiKey : null;
    }

    public String adminToken() {
        return adminToken;
    }

    /// What the tokens of sandboxes are derived from; must outlive every sandbox.
    public String seed() {
        return seed;
    }

    /// This gateway's name in the rows of the sandboxes it runs: the home's, since the machines are there too.
    public String node() {
        return node;
    }

    private static String kept(Home home, String name, @Nullable String set, String prefix) {
        Path file = home.keys().resolve(name);
        try {
            String now = Files.exists(file) ? Files.readString(file).strip() : "";
            String value = set != null ? set : now.isEmpty() ? prefix + random() : now;
            if (!value.equals(now)) {
                home.keep(file, value);
            }
            return value;
        } catch (IOException e) {
            throw new StartRefused("The key file %s cannot be read (%s): make it readable, or remove it for a new one."
                    .formatted(file, e));
        }
    }

    private static String random() {
        byte[] bytes = new byte[KeyFormat.BODY_CHARS / 2];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static StartRefused malformed(String name) {
        return new StartRefused(
                "The key file keys/%s in the home has another form: remove it, and a new one is made.".formatted(name));
    }
}
