package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What every exchange asks: who is meant, where that is, and where the API is.
///
/// @param api where our own API listens; null while it does not
record Switchboard(
        Running running,
        Lanes lanes,
        LifecycleLoop lifecycle,
        Target.Rules rules,
        Transport transport,
        Supplier<@Nullable SocketAddress> api) {

    static final int AGENT_PORT = 49983;

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
