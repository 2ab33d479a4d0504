package ai.lelantos.protocol.connect;

import java.util.Locale;
import java.util.Optional;

/// Why a call failed: the sixteen codes of Connect, with gRPC's numbers and the HTTP status of a unary answer.
public enum Code {
    CANCELED(1, 499),
    UNKNOWN(2, 500),
    INVALID_ARGUMENT(3, 400),
    DEADLINE_EXCEEDED(4, 504),
    NOT_FOUND(5, 404),
    ALREADY_EXISTS(6, 409),
    PERMISSION_DENIED(7, 403),
    RESOURCE_EXHAUSTED(8, 429),
    FAILED_PRECONDITION(9, 400),
    ABORTED(10, 409),
    OUT_OF_RANGE(11, 400),
    UNIMPLEMENTED(12, 501),
    INTERNAL(13, 500),
    UNAVAILABLE(14, 503),
    DATA_LOSS(15, 500),
    UNAUTHENTICATED(16, 401);

    private final String wireName = name().toLowerCase(Locale.ROOT);
    private final int number;
    private final int httpStatus;

    Code(int number, int httpStatus) {
        this.number = number;
        this.httpStatus = httpStatus;
    }

    /// As it is written in JSON: `invalid_argument`.
    public String wireName() {
        return wireName;
    }

    /// As gRPC numbers it; 0, success, is no code.
    public int number() {
        return number;
    }

    /// The status of a unary answer that carries this code.
    public int httpStatus() {
        return httpStatus;
    }

    /// The code of a name in JSON; empty for a name that does not exist.
    public static Optional<Code> ofWireName(String name) {
        for (Code code : values()) {
            if (code.wireName.equals(name)) {
                return Optional.of(code);
            }
        }
        return Optional.empty();
    }

    /// The code of a number; a number that does not exist is `unknown`, as gRPC has it.
    public static Code ofNumber(int number) {
        return number >= 1 && number <= values().length ? values()[number - 1] : UNKNOWN;
    }

    /// What a client infers from an answer that is no Connect answer at all, such as a proxy's.
    public static Code ofHttpStatus(int status) {
        return switch (status) {
            case 400 -> INTERNAL;
            case 401 -> UNAUTHENTICATED;
            case 403 -> PERMISSION_DENIED;
            case 404 -> UNIMPLEMENTED;
            case 429, 502, 503, 504 -> UNAVAILABLE;
            default -> UNKNOWN;
        };
    }
}
