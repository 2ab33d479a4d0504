package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import io.grpc.BindableService;
import io.grpc.ServerMethodDefinition;
import java.util.Collection;
import java.util.concurrent.Semaphore;

/// The door of the room: puts services on a server, every method under its own path.
public final class RpcRoutes {

    private RpcRoutes() {}

    /// Serves every method of the services; what no route of the server knows is answered as the contract says.
    public static void mount(ServerBuilder server, Collection<? extends BindableService> services, RpcLimits limits) {
        mount(server, services, limits, Codec.JSON);
    }

    /// Serves them with a JSON codec that knows the messages an `Any` may hold.
    public static void mount(
            ServerBuilder server, Collection<? extends BindableService> services, RpcLimits limits, Codec.Json json) {
        var calls = new Semaphore(limits.callsMax());
        for (BindableService service : services) {
            for (ServerMethodDefinition<?, ?> definition : service.bindService().getMethods()) {
                RpcMethod<?, ?> method = RpcMethod.of(definition);
                server.route()
                        .path("exact:" + method.path())
                        // Streams live for hours and messages may be large: both have their limits in this room.
                        .requestTimeoutMillis(0)
                        .maxRequestLength(0)
                        .build(new RpcService<>(method, limits, json, calls));
            }
        }
        server.errorHandler(new UnknownPath().orElse(ServerErrorHandler.ofDefault()));
    }
}
