package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.Headers;
import com.linecorp.armeria.common.RequestHeaders;

/// The one version of Connect there is; saying none is as good as saying it.
final class ConnectVersion {

    static final String CURRENT = "1";

    private ConnectVersion() {}

    static void check(RequestHeaders headers) {
        String version = headers.get(Headers.CONNECT_PROTOCOL_VERSION);
        if (version != null && !version.equals(CURRENT)) {
            throw ConnectError.of(
                            Code.INVALID_ARGUMENT,
                            "connect-protocol-version must be \"" + CURRENT + "\": got \"" + version + "\"")
                    .toFailure();
        }
    }
}
