package ai.lelantos.gateway.proxy;

/// A message that breaks the grammar or a limit; the status is what its sender hears.
final class BadMessage extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    BadMessage(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    BadMessage(String message) {
        this(400, message);
    }

    int status() {
        return status;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
