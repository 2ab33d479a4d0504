package ai.lelantos.envd.files;

import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Whether a file is sent at all, by the conditions of the request. Files have a time but no tag.
final class Conditions {

    private Conditions() {}

    enum Verdict {
        SEND,
        NOT_MODIFIED,
        FAILED
    }

    static Verdict judge(Function<String, @Nullable String> headers, Instant modified) {
        Instant time = HttpDate.seconds(modified);
        String match = headers.apply("if-match");
        String unmodifiedSince = headers.apply("if-unmodified-since");
        if (match != null) {
            if (!match.strip().startsWith("*")) {
                return Verdict.FAILED;
            }
        } else if (unmodifiedSince != null
                && HttpDate.parse(unmodifiedSince).filter(time::isAfter).isPresent()) {
            return Verdict.FAILED;
        }
        String noneMatch = headers.apply("if-none-match");
        String modifiedSince = headers.apply("if-modified-since");
        if (noneMatch != null) {
            return noneMatch.strip().startsWith("*") ? Verdict.NOT_MODIFIED : Verdict.SEND;
        }
        boolean fresh = modifiedSince != null
                && HttpDate.parse(modifiedSince)
                        .filter(since -> !time.isAfter(since))
                        .isPresent();
        return fresh ? Verdict.NOT_MODIFIED : Verdict.SEND;
    }

    /// Whether a range still fits what the client already has of the file.
    static boolean rangeApplies(@Nullable String ifRange, Instant modified) {
        return ifRange == null
                || HttpDate.parse(ifRange)
                        .filter(HttpDate.seconds(modified)::equals)
                        .isPresent();
    }
}
