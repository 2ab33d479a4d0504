package ai.lelantos.gateway.auth;

import java.time.Clock;
import java.util.function.Supplier;

/// The room in one piece, for the wiring.
public record Auth(Doorkeeper door, AuthRoutes routes) {

    public static Auth of(AuthStore store, String adminToken, Supplier<byte[]> random, Clock clock) {
        Keys keys = new Keys(store, clock);
        Doorkeeper door = new Doorkeeper(keys, store, () -> adminToken);
        return new Auth(door, new AuthRoutes(store, keys, door, random, clock));
    }
}
