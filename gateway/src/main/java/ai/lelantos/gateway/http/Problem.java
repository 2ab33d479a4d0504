package ai.lelantos.gateway.http;

import org.jspecify.annotations.Nullable;

/// What a caller is told when a request fails: `{code,message}`, now and then with a machine-readable reason.
///
/// @param status HTTP status, repeated as `code` in the body because clients read it there
/// @param errorCode `error_code` of the contract's open set, null for none
/// @param retryAfterSeconds only where trying again makes sense, null for none
public record Problem(
        int status,
        String message,
        @Nullable String errorCode,
        @Nullable Integer retryAfterSeconds) {

    public Problem(int status, String message) {
        this(status, message, null, null);
    }

    public Problem(int status, String message, String errorCode) {
        this(status, message, errorCode, null);
    }

    public static Problem validation(String detail) {
        return new Problem(400, "validation error: " + detail);
    }

    public ProblemException toException() {
        return new ProblemException(this);
    }
}
