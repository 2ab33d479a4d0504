package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import ai.lelantos.protocol.connect.ErrorDetail;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How handlers written for grpc-java say that a call failed, in our own terms.
final class GrpcStatus {

    static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static final Logger log = LoggerFactory.getLogger(GrpcStatus.class);

    private GrpcStatus() {}

    /// The error of a status, or null for success. What nobody foresaw is logged here and reaches the client without
    /// its text.
    static @Nullable ConnectError error(Status status, Metadata trailers, String path) {
        if (status.isOk()) {
            return null;
        }
        if (status.getCause() instanceof ConnectFailure failure) {
            return failure.error();
        }
        if (status.getCode() == Status.Code.UNKNOWN && status.getDescription() == null && status.getCause() != null) {
            return unexpected(status.getCause(), path);
        }
        String message = Objects.requireNonNullElse(status.getDescription(), "");
        return new ConnectError(Code.ofNumber(status.getCode().value()), message, details(trailers));
    }

    /// The error of anything a handler threw.
    static ConnectError thrown(Throwable thrown, String path) {
        if (thrown instanceof ConnectFailure failure) {
            return failure.error();
        }
        Status status = Status.fromThrowable(thrown);
        Metadata trailers = Objects.requireNonNullElseGet(Status.trailersFromThrowable(thrown), Metadata::new);
        ConnectError error = error(status, trailers, path);
        return error != null ? error : unexpected(thrown, path);
    }

    private static ConnectError unexpected(Throwable thrown, String path) {
        log.error("unexpected failure of {}", path, thrown);
        return ConnectError.of(Code.INTERNAL, "unexpected failure of " + path + "; the agent's log tells more");
    }

    private static List<ErrorDetail> details(Metadata trailers) {
        byte[] packed = trailers.get(DETAILS);
        if (packed == null) {
            return List.of();
        }
        try {
            List<Any> details = com.google.rpc.Status.parseFrom(packed).getDetailsList();
            return details.stream().map(ErrorDetail::of).toList();
        } catch (InvalidProtocolBufferException e) {
            log.error("a handler's status details are no google.rpc.Status", e);
            return List.of();
        }
    }
}
