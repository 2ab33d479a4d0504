package ai.lelantos.envd.access;

import ai.lelantos.protocol.FileSignature;
import java.time.Clock;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Who may read and write files by plain HTTP: holders of the token, and of links signed with it.
public final class FileGate {

    private final AccessToken token;
    private final Clock clock;

    public FileGate(AccessToken token, Clock clock) {
        this.token = token;
        this.clock = clock;
    }

    /// Why a call may not pass; nothing if it may. A link's signature counts before its end does.
    ///
    /// @param shown the token in the call's header, null or empty without one
    /// @param signature the link's signature, empty without one
    public Optional<String> refusal(@Nullable String shown, String signature, FileSignature claim) {
        String expected = token.current();
        if (expected == null) {
            return Optional.empty();
        }
        if (shown != null && !shown.isEmpty()) {
            return AccessToken.same(expected, shown)
                    ? Optional.empty()
                    : Optional.of("access token present in header but does not match");
        }
        if (signature.isEmpty()) {
            return Optional.of("missing signature query parameter");
        }
        // A '+' that nobody escaped arrives as a space; no signature has one.
        if (!claim.isSignedBy(expected, signature.replace(' ', '+'))) {
            return Optional.of("invalid signature");
        }
        boolean ended = claim.expiration().isPresent()
                && claim.expiration().getAsLong() < clock.instant().getEpochSecond();
        return ended ? Optional.of("signature is already expired") : Optional.empty();
    }
}
