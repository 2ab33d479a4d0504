package ai.lelantos.loadtest.drive;

/// An answer other than the one promised; its message is what a report lists.
public final class Unexpected extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int BODY_CHARS_MAX = 160;

    public Unexpected(String message) {
        super(message, null, false, false);
    }

    static Unexpected status(String what, int status, String body) {
        String text = body.strip();
        return new Unexpected(
                what + " answered " + status + " " + text.substring(0, Math.min(text.length(), BODY_CHARS_MAX)));
    }
}
