package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// The error a call ends with, as code and message.
final class Failures {

    private Failures() {}

    static ConnectError of(ThrowingCallable call) {
        ConnectFailure failure = catchThrowableOfType(ConnectFailure.class, call);
        if (failure == null) {
            throw new AssertionError("the call succeeded");
        }
        return failure.error();
    }

    static ConnectError error(Code code, String message) {
        return ConnectError.of(code, message);
    }
}
