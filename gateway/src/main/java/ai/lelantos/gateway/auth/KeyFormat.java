package ai.lelantos.gateway.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.regex.Pattern;

/// What keys and tokens look like. Only the SHA-256 of the body behind the prefix is ever stored, so that `e2b_` and
/// `lel_` open the same door.
final class KeyFormat {

    /// The prefix of keys we make: the one every published client accepts.
    static final String API_KEY = "e2b_";
    static final String API_KEY_OURS = "lel_";
    static final String ACCESS_TOKEN = "sk_e2b_";
    /// 20 random bytes in hex.
    static final int BODY_CHARS = 40;

    private static final int BODY_CHARS_MAX = 256;
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{1," + BODY_CHARS_MAX + "}");

    private KeyFormat() {}

    static Optional<String> apiKeyBody(String key) {
        return body(key, API_KEY).or(() -> body(key, API_KEY_OURS));
    }

    static Optional<String> accessTokenBody(String token) {
        return body(token, ACCESS_TOKEN);
    }

    static byte[] hash(String body) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<String> body(String key, String prefix) {
        if (!key.startsWith(prefix)) {
            return Optional.empty();
        }
        String body = key.substring(prefix.length());
        return HEX.matcher(body).matches() ? Optional.of(body) : Optional.empty();
    }
}
