package ai.lelantos.gateway.proxy;

import io.netty.handler.codec.http.HttpResponseStatus;

/// The customary words beside a status.
final class Reason {

    private Reason() {}

    static String of(int status) {
        return HttpResponseStatus.valueOf(status).reasonPhrase();
    }
}
