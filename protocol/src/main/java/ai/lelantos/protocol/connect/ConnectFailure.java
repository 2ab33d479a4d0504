package ai.lelantos.protocol.connect;

/// A [ConnectError] on its way through code: an expected outcome, so it has no stack trace.
public class ConnectFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient ConnectError error;

    public ConnectFailure(ConnectError error) {
        super(error.code().wireName() + ": " + error.message(), null, false, false);
        this.error = error;
    }

    public ConnectError error() {
        return error;
    }
}
