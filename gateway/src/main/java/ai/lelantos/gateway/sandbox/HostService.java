package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Json;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.net.InetSocketAddress;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/// What a sandbox finds at `http://192.0.2.1`: who it is, told by the address it asks from.
public final class HostService {

    private static final Duration IDLE_MAX = Duration.ofSeconds(30);
    private static final int BODY_BYTES_MAX = 1 << 20;

    private final Sandboxes sandboxes;

    public HostService(Sandboxes sandboxes) {
        this.sandboxes = sandboxes;
    }

    /// Listens where the driver says that only sandboxes reach.
    public Mono<DisposableServer> listen(InetSocketAddress address) {
        return HttpServer.create()
                .bindAddress(() -> address)
                .idleTimeout(IDLE_MAX)
                .route(routes -> routes.get("/me", this::me).post("/logs", this::logs))
                .bind()
                .cast(DisposableServer.class);
    }

    private Mono<Void> me(HttpServerRequest request, HttpServerResponse response) {
        InetSocketAddress peer = request.remoteAddress();
        byte[] body = sandboxes
                .at(peer == null ? new InetSocketAddress(0).getAddress() : peer.getAddress())
                .map(id -> Json.bytes(Json.object().put("sandboxID", id)))
                .orElse(new byte[0]);
        return body.length == 0
                ? response.status(404).send()
                : response.header(HttpHeaderNames.CONTENT_TYPE, "application/json")
                        .sendByteArray(Mono.just(body))
                        .then();
    }

    /// Taken and dropped: agents here do not ship their own log, and what others send is not ours to keep.
    private Mono<Void> logs(HttpServerRequest request, HttpServerResponse response) {
        long[] left = {BODY_BYTES_MAX};
        return request.receive()
                .takeWhile(piece -> (left[0] -= piece.readableBytes()) > 0)
                .then(response.status(200).send());
    }
}
