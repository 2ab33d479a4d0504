package ai.lelantos.gateway.api;

import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/// One agent for all machines of a test: it is well, and agrees to be anyone.
record ScriptedAgent(DisposableServer server) implements AutoCloseable {

    static ScriptedAgent start() {
        return new ScriptedAgent(HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.post(
                                "/init",
                                (request, response) -> request.receive()
                                        .then(response.status(204).send().then()))
                        .get(
                                "/health",
                                (request, response) -> response.status(204).send()))
                .bindNow());
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.disposeNow();
    }
}
