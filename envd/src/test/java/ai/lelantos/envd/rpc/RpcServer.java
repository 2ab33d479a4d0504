package ai.lelantos.envd.rpc;

import ai.lelantos.envd.http.Endpoints;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import io.grpc.BindableService;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;

/// Services on a port of the loopback, for tests; other paths are answered by whom the agent has for them.
public final class RpcServer implements AutoCloseable {

    private final Server server;

    private RpcServer(Server server) {
        this.server = server;
    }

    public static RpcServer serving(BindableService... services) {
        return with(builder -> RpcRoutes.mount(builder, List.of(services), RpcLimits.DEFAULT));
    }

    static RpcServer with(Consumer<ServerBuilder> routes) {
        ServerBuilder builder = Server.builder().http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        routes.accept(builder);
        new Endpoints().mount(builder);
        Server server = builder.build();
        server.start().join();
        return new RpcServer(server);
    }

    public int port() {
        return server.activeLocalPort();
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    @Override
    public void close() {
        server.stop().join();
    }
}
