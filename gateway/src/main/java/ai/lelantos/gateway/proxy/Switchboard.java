package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What every exchange asks: who is meant, where that is, and where the API is.
///
/// @param api where our own API listens; null while it does not
/// @param idle looks at clients that may have gone silent
/// @param parting looks at connections that end as soon as their other side has ended them too
record Switchboard(
        Running running,
        Lanes lanes,
        LifecycleLoop lifecycle,
        Target.Rules rules,
        Transport transport,
        Supplier<@Nullable SocketAddress> api,
        Rounds idle,
        Rounds parting) {

    static final int AGENT_PORT = 49983;
    private static final int IDLE_LOOK_SECONDS = 30;
    private static final int PARTING_LOOK_SECONDS = 1;

    Switchboard(
            Running running,
            Lanes lanes,
            LifecycleLoop lifecycle,
            Target.Rules rules,
            Transport transport,
            Supplier<@Nullable SocketAddress> api) {
        this(
                running,
                lanes,
                lifecycle,
                rules,
                transport,
                api,
                new Rounds(IDLE_LOOK_SECONDS),
                new Rounds(PARTING_LOOK_SECONDS));
    }

    Target target(Head head) {
        Target target = rules.target(
                head.value(Field.HOST), head.value(Field.E2B_SANDBOX_ID), head.value(Field.E2B_SANDBOX_PORT));
        if (target instanceof Target.Api && head.targetStartsWith("/files?")) {
            Route signed = SignedLink.find(head, running.all());
            return signed == null ? target : new Target.Port(signed.sandboxId(), AGENT_PORT, null);
        }
        return target;
    }
}
