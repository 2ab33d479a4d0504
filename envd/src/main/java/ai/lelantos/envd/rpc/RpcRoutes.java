package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Codec;
import com.linecorp.armeria.server.ServerBuilder;
import io.grpc.BindableService;
import io.grpc.ServerMethodDefinition;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.util.Collection;
import java.util.concurrent.Semaphore;

/// The door of the room: puts services on a server, every method under its own path. Other paths are others' to answer.
public final class RpcRoutes {

    /// Answers that wait for the end of the turn; one more and they leave at once.
    private static final int FLUSHES_GATHERED_MAX = 64;

    private RpcRoutes() {}

    /// Serves every method of the services.
    public static void mount(ServerBuilder server, Collection<? extends BindableService> services, RpcLimits limits) {
        mount(server, services, limits, Codec.JSON);
    }

    /// Serves them with a JSON codec that knows the messages an `Any` may hold.
    public static void mount(
            ServerBuilder server, Collection<? extends BindableService> services, RpcLimits limits, Codec.Json json) {
        var calls = new Semaphore(limits.callsMax());
        for (BindableService service : services) {
            for (ServerMethodDefinition<?, ?> definition : service.bindService().getMethods()) {
                RpcMethod<?, ?> method = RpcMethod.of(service, definition);
                server.route()
                        .path("exact:" + method.path())
                        // Streams live for hours and messages may be large: both have their limits in this room.
                        .requestTimeoutMillis(0)
                        .maxRequestLength(0)
                        .build(new RpcService<>(method, limits, json, calls));
            }
        }
        server.childChannelPipelineCustomizer(RpcRoutes::gatherAnswers);
    }

    /// Answers come from other threads than the connection's, often many within one turn of its loop: they leave at the
    /// turn's end in one write, as Armeria has it only for answers that are made while a request is read.
    private static void gatherAnswers(ChannelPipeline pipeline) {
        pipeline.replace(
                FlushConsolidationHandler.class,
                "gather-answers",
                new FlushConsolidationHandler(FLUSHES_GATHERED_MAX, true));
    }
}
