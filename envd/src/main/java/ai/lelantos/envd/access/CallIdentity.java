package ai.lelantos.envd.access;

import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.rpc.Call;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;

/// The identity of the RPC that the current thread serves.
public final class CallIdentity implements Identity {

    private final Callers callers;

    public CallIdentity(Callers callers) {
        this.callers = callers;
    }

    @Override
    public User resolve() {
        return switch (callers.resolve(Call.current().header("authorization"))) {
            case Callers.Known(User user) -> user;
            case Callers.Unknown(String message) -> throw new Refused(Code.UNAUTHENTICATED, message);
        };
    }
}
