package ai.lelantos.gateway.sandbox;

/// What may be asked of a sandbox.
enum Verb {
    /// Look at it.
    SHOW,
    /// Have it running, whether it was or not.
    CONNECT,
    /// Have it running, and refuse when it was.
    RESUME,
    PAUSE,
    KILL,
    /// Move its end.
    SET_END,
    /// Change its network rules.
    SET_NETWORK,
    /// Use what runs in it.
    USE,
    /// Its end has come.
    EXPIRE,
    /// Traffic came for it.
    WAKE,
    /// Its machine ended by itself.
    VANISH
}
