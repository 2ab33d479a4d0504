package ai.lelantos.gateway.auth;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// Who owns a key or a token, remembered for a moment. What this gateway revokes is forgotten at once; what another one
/// revoked, within [#REMEMBERED].
final class Keys {

    private static final Duration REMEMBERED = Duration.ofSeconds(5);
    private static final Duration LOOKUP_MAX = Duration.ofSeconds(10);
    private static final Duration TOUCH_EVERY = Duration.ofMinutes(1);
    private static final int KEYS_MAX = 100_000;

    private final AuthStore store;
    private final Clock clock;
    private final AsyncCache<ByteBuffer, Optional<AuthStore.KeyOwner>> keys = cache();
    private final AsyncCache<ByteBuffer, Optional<UUID>> tokens = cache();
    private final Cache<UUID, Boolean> touched = Caffeine.newBuilder()
            .expireAfterWrite(TOUCH_EVERY)
            .maximumSize(KEYS_MAX)
            .build();

    Keys(AuthStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /// The team of a key, empty when nobody knows it.
    Mono<Team> team(String body) {
        return cached(keys, KeyFormat.hash(body), store::keyOwner)
                .flatMap(Mono::justOrEmpty)
                .flatMap(owner -> touched.asMap().putIfAbsent(owner.key(), true) == null
                        ? store.touch(owner.key(), clock.instant()).thenReturn(owner.team())
                        : Mono.just(owner.team()));
    }

    Mono<UUID> user(String body) {
        return cached(tokens, KeyFormat.hash(body), store::tokenOwner).flatMap(Mono::justOrEmpty);
    }

    void forget(byte[] hash) {
        keys.synchronous().invalidate(ByteBuffer.wrap(hash));
        tokens.synchronous().invalidate(ByteBuffer.wrap(hash));
    }

    /// One lookup however many wait for it; the door from Reactor to Caffeine, which wants a future.
    private static <V> Mono<Optional<V>> cached(
            AsyncCache<ByteBuffer, Optional<V>> cache, byte[] hash, Function<byte[], Mono<V>> lookup) {
        return Mono.fromFuture(
                () -> cache.get(
                        ByteBuffer.wrap(hash),
                        (key, executor) -> lookup.apply(hash)
                                .map(Optional::of)
                                .defaultIfEmpty(Optional.empty())
                                .timeout(LOOKUP_MAX)
                                .toFuture()),
                true);
    }

    private static <V> AsyncCache<ByteBuffer, V> cache() {
        return Caffeine.newBuilder()
                .expireAfterWrite(REMEMBERED)
                .maximumSize(KEYS_MAX)
                .executor(Runnable::run)
                .buildAsync();
    }
}
