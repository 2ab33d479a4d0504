package ai.lelantos.envd.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/// The token that callers of this sandbox must show, if it has one. Comparing takes a time that tells nothing of it.
public final class AccessToken {

    private volatile @Nullable String current;

    /// The token, for those who sign with it; null while the sandbox is open.
    public @Nullable String current() {
        return current;
    }

    /// Whether a caller showing this (null: nothing) may pass.
    public boolean admits(@Nullable String shown) {
        String expected = current;
        return expected == null || (shown != null && same(expected, shown));
    }

    /// Sets the token; null opens the sandbox.
    public void replace(@Nullable String token) {
        current = token;
    }

    static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }
}
