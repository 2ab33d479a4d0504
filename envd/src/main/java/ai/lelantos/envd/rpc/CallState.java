package ai.lelantos.envd.rpc;

/// How the call ended, if it did; only the first ending counts.
enum CallState {
    OPEN,
    /// The handler, or an error of the client's, ended it: the answer says how.
    CLOSED,
    /// Its deadline passed: the answer says so, and the handler may not know yet.
    TIMED_OUT,
    /// The client left: there is nobody to answer.
    LEFT
}
