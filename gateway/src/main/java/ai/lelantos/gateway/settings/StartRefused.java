package ai.lelantos.gateway.settings;

/// Why the gateway does not start: one sentence that names the thing and the remedy.
public final class StartRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StartRefused(String sentence) {
        super(sentence, null, false, false);
    }
}
