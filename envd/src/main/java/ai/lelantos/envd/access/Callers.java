package ai.lelantos.envd.access;

import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.linux.Users;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Turns what a call says about its user into a user of the sandbox as it is now.
public final class Callers {

    private final Users users;
    private final Supplier<String> defaultUser;

    public Callers(Users users, Supplier<String> defaultUser) {
        this.users = users;
        this.defaultUser = defaultUser;
    }

    /// The user that an Authorization header names, or the default where it names none.
    public Outcome resolve(@Nullable String authorization) {
        Optional<String> named = BasicUser.of(authorization);
        if (named.isPresent()) {
            return find(named.get(), "invalid username: '" + named.get() + "'");
        }
        String name = defaultUser.get();
        return name.isEmpty() ? new Unknown("no user specified") : find(name, "invalid default user: '" + name + "'");
    }

    /// What is wrong with the user an Authorization header names; nothing where it names none.
    Optional<Unknown> check(@Nullable String authorization) {
        return BasicUser.of(authorization)
                .filter(name -> users.find(name).isEmpty())
                .map(name -> new Unknown("invalid username: '" + name + "'"));
    }

    private Outcome find(String name, String otherwise) {
        return users.find(name).<Outcome>map(Known::new).orElseGet(() -> new Unknown(otherwise));
    }

    /// A user, or why there is none.
    public sealed interface Outcome permits Known, Unknown {}

    /// A user of the sandbox.
    public record Known(User user) implements Outcome {}

    /// No such user, in words for the client.
    public record Unknown(String message) implements Outcome {}
}
