package ai.lelantos.gateway.sandbox;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// A sandbox's secrets: derived from the server's seed, so that they are the same for as long as it lives.
public final class Tokens {

    private final SecretKeySpec key;

    public Tokens(String seed) {
        this.key = new SecretKeySpec(seed.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }

    /// What the agent asks for.
    public String access(String sandboxId) {
        return hmac(sandboxId);
    }

    /// What every other port of a sandbox without public traffic asks for.
    public String traffic(String sandboxId) {
        return hmac("sandbox-traffic-" + sandboxId);
    }

    /// In constant time.
    static boolean same(String expected, @Nullable String given) {
        return given != null
                && MessageDigest.isEqual(
                        expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    private String hmac(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
