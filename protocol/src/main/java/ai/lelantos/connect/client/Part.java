package ai.lelantos.connect.client;

/// What a stream of answers is made of: one head, any number of messages, one end. A failed stream has no end but an
/// error.
public sealed interface Part<R> {

    record Head<R>(Metadata headers) implements Part<R> {}

    record Message<R>(R message) implements Part<R> {}

    record End<R>(Metadata trailers) implements Part<R> {}
}
