package ai.lelantos.connect.client;

/// A unary call that went well.
public record UnaryAnswer<R>(Metadata headers, R message, Metadata trailers) {}
