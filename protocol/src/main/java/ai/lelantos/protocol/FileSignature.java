package ai.lelantos.protocol;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.OptionalLong;

/// What a signed link to `/files` claims: who may do what with which path, and until when.
///
/// @param path the query's value as it came, empty when absent
/// @param username the query's value as it came, empty when absent
/// @param expiration unix seconds; none means that the link never ends
public record FileSignature(String path, Operation operation, String username, OptionalLong expiration) {

    private static final String VERSION = "v1_";

    /// What a link allows.
    public enum Operation {
        READ("read"),
        WRITE("write");

        private final String word;

        Operation(String word) {
            this.word = word;
        }
    }

    /// The signature that the holder of the access token gives to this claim.
    public String sign(String accessToken) {
        var payload = new StringBuilder()
                .append(path)
                .append(':')
                .append(operation.word)
                .append(':')
                .append(username)
                .append(':')
                .append(accessToken);
        expiration.ifPresent(seconds -> payload.append(':').append(seconds));
        byte[] hash = sha256(payload.toString().getBytes(StandardCharsets.UTF_8));
        return VERSION + Base64.getEncoder().withoutPadding().encodeToString(hash);
    }

    /// Whether the signature is the one for this claim, in a time that does not tell how much of it is right.
    public boolean isSignedBy(String accessToken, String signature) {
        return MessageDigest.isEqual(
                sign(accessToken).getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] sha256(byte[] payload) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(payload);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
