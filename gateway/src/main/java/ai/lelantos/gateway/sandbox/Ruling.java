package ai.lelantos.gateway.sandbox;

/// What a verb means for a sandbox in a state. Pure: I/O comes before or after.
sealed interface Ruling {

    /// Begin the transition to a state in between.
    record Go(SandboxState next) implements Ruling {}

    /// The same transition is on its way: share its end.
    record Join() implements Ruling {}

    /// Another transition is on its way: wait for its end, then rule anew.
    record Await() implements Ruling {}

    /// Nothing to change.
    record Done() implements Ruling {}

    record Refuse(Refusal.Kind why) implements Ruling {}

    static Ruling of(SandboxState state, Verb verb) {
        return switch (state) {
            case STARTING -> starting(verb);
            case RUNNING -> running(verb);
            case PAUSING -> pausing(verb);
            case PAUSED -> paused(verb);
            case RESUMING -> resuming(verb);
            case KILLING -> killing(verb);
            case GONE -> gone(verb);
        };
    }

    /// Nobody was told of it yet, but whoever guesses its id waits.
    private static Ruling starting(Verb verb) {
        return switch (verb) {
            case SHOW -> new Refuse(Refusal.Kind.NO_SUCH_SANDBOX);
            case CONNECT, RESUME, PAUSE, KILL, SET_END, SET_NETWORK, USE, WAKE, VANISH -> new Await();
            case EXPIRE -> new Done();
        };
    }

    private static Ruling running(Verb verb) {
        return switch (verb) {
            case SHOW, CONNECT, SET_END, SET_NETWORK, USE, WAKE -> new Done();
            case RESUME -> new Refuse(Refusal.Kind.ALREADY_RUNNING);
            case PAUSE -> new Go(SandboxState.PAUSING);
            case KILL, EXPIRE, VANISH -> new Go(SandboxState.KILLING);
        };
    }

    private static Ruling pausing(Verb verb) {
        return switch (verb) {
            case SHOW, EXPIRE -> new Done();
            case PAUSE -> new Join();
            case CONNECT, RESUME, KILL, WAKE, VANISH -> new Await();
            case SET_END, SET_NETWORK, USE -> new Refuse(Refusal.Kind.BEING_PAUSED);
        };
    }

    private static Ruling paused(Verb verb) {
        return switch (verb) {
            case SHOW, EXPIRE -> new Done();
            case CONNECT, RESUME, WAKE -> new Go(SandboxState.RESUMING);
            case PAUSE -> new Refuse(Refusal.Kind.ALREADY_PAUSED);
            case KILL, VANISH -> new Go(SandboxState.KILLING);
            case SET_END -> new Refuse(Refusal.Kind.NO_SUCH_SANDBOX);
            case SET_NETWORK, USE -> new Refuse(Refusal.Kind.NOT_RUNNING);
        };
    }

    private static Ruling resuming(Verb verb) {
        return switch (verb) {
            case SHOW, EXPIRE -> new Done();
            case CONNECT, RESUME, WAKE -> new Join();
            case PAUSE, KILL, SET_END, SET_NETWORK, USE, VANISH -> new Await();
        };
    }

    private static Ruling killing(Verb verb) {
        return switch (verb) {
            case SHOW, RESUME, KILL, WAKE -> new Refuse(Refusal.Kind.NO_SUCH_SANDBOX);
            case CONNECT, SET_END, SET_NETWORK, USE -> new Refuse(Refusal.Kind.BEING_KILLED);
            case PAUSE -> new Refuse(Refusal.Kind.PAUSE_WHILE_KILLING);
            case EXPIRE, VANISH -> new Done();
        };
    }

    private static Ruling gone(Verb verb) {
        return switch (verb) {
            case SHOW, CONNECT, RESUME, PAUSE, KILL, SET_END, SET_NETWORK, USE, WAKE ->
                new Refuse(Refusal.Kind.NO_SUCH_SANDBOX);
            case EXPIRE, VANISH -> new Done();
        };
    }
}
