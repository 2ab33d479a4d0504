package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;

/// What a handler throws to end its call with an error the client sees; nothing is logged.
public final class Refused extends ConnectFailure {

    private static final long serialVersionUID = 1;

    public Refused(ConnectError error) {
        super(error);
    }

    public Refused(Code code, String message) {
        this(ConnectError.of(code, message));
    }
}
