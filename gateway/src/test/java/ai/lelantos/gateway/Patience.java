package ai.lelantos.gateway;

import java.time.Duration;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.test.StepVerifier;

/// No verification waits for ever: one that names no limit has this one.
public final class Patience implements BeforeAllCallback {

    private static final Duration VERIFY_MAX = Duration.ofSeconds(30);

    @Override
    public void beforeAll(ExtensionContext context) {
        StepVerifier.setDefaultTimeout(VERIFY_MAX);
    }
}
