package ai.lelantos.gateway.auth;

/// What a route does to a team's things; a blocked team may still read and delete.
public enum Access {
    READ,
    DELETE,
    WRITE
}
