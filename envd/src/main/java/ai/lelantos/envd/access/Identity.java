package ai.lelantos.envd.access;

import ai.lelantos.envd.linux.User;

/// Who the call being handled acts as: the user its Authorization header names, or the sandbox's default.
@FunctionalInterface
public interface Identity {

    /// The user as the sandbox's files describe it at this moment; refuses the call (unauthenticated) where there is
    /// none.
    User resolve();
}
