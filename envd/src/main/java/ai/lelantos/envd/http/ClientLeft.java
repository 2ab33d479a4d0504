package ai.lelantos.envd.http;

import java.io.IOException;

/// The client left before the call was over: there is nobody to answer.
public final class ClientLeft extends IOException {

    private static final long serialVersionUID = 1;

    ClientLeft(String when) {
        super("the client left " + when);
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
