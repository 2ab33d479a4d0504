package ai.lelantos.protocol.connect;

/// The header names of the three protocols, in lower case; unary and streaming names never mix.
public final class Headers {

    public static final String CONNECT_PROTOCOL_VERSION = "connect-protocol-version";
    public static final String CONNECT_TIMEOUT_MS = "connect-timeout-ms";

    public static final String UNARY_CONTENT_ENCODING = "content-encoding";
    public static final String UNARY_ACCEPT_ENCODING = "accept-encoding";
    public static final String UNARY_TRAILER_PREFIX = "trailer-";

    public static final String STREAM_CONTENT_ENCODING = "connect-content-encoding";
    public static final String STREAM_ACCEPT_ENCODING = "connect-accept-encoding";

    public static final String GRPC_TIMEOUT = "grpc-timeout";
    public static final String GRPC_ENCODING = "grpc-encoding";
    public static final String GRPC_ACCEPT_ENCODING = "grpc-accept-encoding";
    public static final String GRPC_STATUS = "grpc-status";
    public static final String GRPC_MESSAGE = "grpc-message";
    public static final String GRPC_STATUS_DETAILS = "grpc-status-details-bin";

    private Headers() {}
}
