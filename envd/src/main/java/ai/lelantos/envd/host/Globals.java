package ai.lelantos.envd.host;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/// What every command of the sandbox inherits, and the defaults for calls that name no user or directory.
///
/// Safe for any thread: readers see one consistent state, writers replace it whole.
public final class Globals {

    static final String SANDBOX_ID = "E2B_SANDBOX_ID";
    static final String EVENTS_ADDRESS = "E2B_EVENTS_ADDRESS";

    private static final String BOOT_USER = "root";

    private final AtomicReference<State> state =
            new AtomicReference<>(new State(Map.of("E2B_SANDBOX", "true"), Map.of(), BOOT_USER, ""));

    /// The variables of every command: the user's, with ours last because nobody overrides them.
    public Map<String, String> environment() {
        State now = state.get();
        var all = new LinkedHashMap<>(now.user());
        all.putAll(now.internal());
        return all;
    }

    /// Whose agent this is; empty until the host said so.
    public String sandboxId() {
        return state.get().internal().getOrDefault(SANDBOX_ID, "");
    }

    /// The host's own service for this sandbox, as its commands know it; empty until the host said so.
    public String eventsAddress() {
        return state.get().internal().getOrDefault(EVENTS_ADDRESS, "");
    }

    public String defaultUser() {
        return state.get().defaultUser();
    }

    /// Where a command without a directory starts; empty means the user's home.
    public String defaultWorkdir() {
        return state.get().defaultWorkdir();
    }

    /// Sets one of the sandbox's own variables, `E2B_...`.
    public void setInternal(String name, String value) {
        change(now -> {
            var internal = new LinkedHashMap<>(now.internal());
            internal.put(name, value);
            return new State(internal, now.user(), now.defaultUser(), now.defaultWorkdir());
        });
    }

    /// Replaces the complete set of the user's variables.
    public void replaceUser(Map<String, String> variables) {
        change(now -> new State(now.internal(), variables, now.defaultUser(), now.defaultWorkdir()));
    }

    public void setDefaultUser(String name) {
        change(now -> new State(now.internal(), now.user(), name, now.defaultWorkdir()));
    }

    public void setDefaultWorkdir(String path) {
        change(now -> new State(now.internal(), now.user(), now.defaultUser(), path));
    }

    private void change(UnaryOperator<State> step) {
        var _ = state.updateAndGet(step);
    }

    private record State(
            Map<String, String> internal, Map<String, String> user, String defaultUser, String defaultWorkdir) {

        State {
            internal = Map.copyOf(internal);
            user = Map.copyOf(user);
        }
    }
}
