package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;

/// A call that failed, with what the peer sent beside the error.
public final class CallFailure extends ConnectFailure {

    private static final long serialVersionUID = 1;

    private final transient Metadata headers;
    private final transient Metadata trailers;
    private final boolean fromPeer;

    private CallFailure(ConnectError error, Metadata headers, Metadata trailers, boolean fromPeer) {
        super(error);
        this.headers = headers;
        this.trailers = trailers;
        this.fromPeer = fromPeer;
    }

    /// The peer said so, in the words of the protocol.
    static CallFailure said(ConnectError error, Metadata headers, Metadata trailers) {
        return new CallFailure(error, headers, trailers, true);
    }

    /// Made on this side: the peer was not reached, or what it sent is not Connect.
    static CallFailure made(Code code, String message, Metadata headers) {
        return new CallFailure(ConnectError.of(code, message), headers, Metadata.NONE, false);
    }

    public Metadata headers() {
        return headers;
    }

    public Metadata trailers() {
        return trailers;
    }

    /// Whether the error came over the wire; otherwise it was made on this side.
    public boolean isFromPeer() {
        return fromPeer;
    }
}
