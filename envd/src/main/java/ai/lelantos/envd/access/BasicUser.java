package ai.lelantos.envd.access;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The Linux user that an `Authorization: Basic` header names; its password means nothing.
final class BasicUser {

    private static final String SCHEME = "Basic ";

    private BasicUser() {}

    /// The name, or nothing where the header is absent, of another scheme, or no Basic header after all.
    static Optional<String> of(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Optional.empty();
        }
        try {
            byte[] pair = Base64.getDecoder().decode(authorization.substring(SCHEME.length()));
            String text = new String(pair, StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            return colon < 0 ? Optional.empty() : Optional.of(text.substring(0, colon));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
