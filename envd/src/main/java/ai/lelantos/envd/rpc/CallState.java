package ai.lelantos.envd.rpc;

/// How the call ended, if it did; only the first ending counts.
enum CallState {
    OPEN,
    /// The handler, or an error of the client's, ended it: the answer says how.
    CLOSED,
    /// Its deadline passed: the answer says so, and the handler may not know yet.
    TIMED_OUT,
    /// The client left: there is nobody to answer.
    LEFT;

    /// Tells a handler that wants to send why there is nobody to send to.
    void requireOpen() {
        switch (this) {
            case OPEN -> {}
            case CLOSED -> throw new ClientGone("the call is over");
            case TIMED_OUT -> throw new ClientGone("the client's deadline passed");
            case LEFT -> throw new ClientGone("the client left");
        }
    }
}
