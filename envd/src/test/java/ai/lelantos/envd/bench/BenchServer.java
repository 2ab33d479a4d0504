package ai.lelantos.envd.bench;

import ai.lelantos.envd.conformance.wire.ConformancePayload;
import ai.lelantos.envd.conformance.wire.ConformanceServiceGrpc;
import ai.lelantos.envd.conformance.wire.ConformanceServiceGrpc.ConformanceServiceImplBase;
import ai.lelantos.envd.conformance.wire.ServerStreamRequest;
import ai.lelantos.envd.conformance.wire.ServerStreamResponse;
import ai.lelantos.envd.conformance.wire.UnaryRequest;
import ai.lelantos.envd.conformance.wire.UnaryResponse;
import ai.lelantos.envd.rpc.NeverWaits;
import ai.lelantos.envd.rpc.RpcLimits;
import ai.lelantos.envd.rpc.RpcRoutes;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.grpc.GrpcService;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;

/// One of the two servers, as its own process: prints its port, ends when its input ends.
final class BenchServer {

    /// The same handlers behind both servers. A stream's length is what its request names as delay.
    private static class Service extends ConformanceServiceImplBase {

        @Override
        public void unary(UnaryRequest request, StreamObserver<UnaryResponse> answer) {
            answer.onNext(UnaryResponse.newBuilder()
                    .setPayload(ConformancePayload.newBuilder().setData(request.getRequestData()))
                    .build());
            answer.onCompleted();
        }

        /// With response data in its definition the stream heeds readiness, without it just sends: either server is
        /// measured both ways, and its better way counts.
        @Override
        public void serverStream(ServerStreamRequest request, StreamObserver<ServerStreamResponse> answer) {
            ServerStreamResponse message = ServerStreamResponse.newBuilder()
                    .setPayload(ConformancePayload.newBuilder().setData(request.getRequestData()))
                    .build();
            int count = request.getResponseDefinition().getResponseDelayMs();
            if (request.getResponseDefinition().getResponseDataCount() == 0) {
                for (int i = 0; i < count; i++) {
                    answer.onNext(message);
                }
                answer.onCompleted();
                return;
            }
            var ready = (ServerCallStreamObserver<ServerStreamResponse>) answer;
            ready.setOnReadyHandler(new Runnable() {
                private int left = count;

                @Override
                public void run() {
                    while (left > 0 && ready.isReady()) {
                        ready.onNext(message);
                        left--;
                    }
                    if (left == 0) {
                        left = -1;
                        ready.onCompleted();
                    }
                }
            });
        }
    }

    /// The same, for a room that wants to be told what never waits: Armeria takes that for granted.
    private static final class Prompt extends Service implements NeverWaits {

        @Override
        public Set<MethodDescriptor<?, ?>> neverWait() {
            return Set.of(ConformanceServiceGrpc.getUnaryMethod(), ConformanceServiceGrpc.getServerStreamMethod());
        }
    }

    private BenchServer() {}

    public static void main(String[] args) throws IOException {
        ServerBuilder builder = Server.builder()
                .http(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .requestTimeoutMillis(0)
                .maxRequestLength(0);
        switch (args[0]) {
            case "ours" -> RpcRoutes.mount(builder, List.of(new Prompt()), RpcLimits.DEFAULT);
            case "ours-threads" -> RpcRoutes.mount(builder, List.of(new Service()), RpcLimits.DEFAULT);
            case "armeria" ->
                builder.service(GrpcService.builder().addService(new Service()).build());
            case "armeria-threads" ->
                builder.service(GrpcService.builder()
                        .addService(new Service())
                        .useBlockingTaskExecutor(true)
                        .build());
            default -> throw new IllegalArgumentException("no such server: " + args[0]);
        }
        try (Server server = builder.build()) {
            server.start().join();
            System.out.println(server.activeLocalPort());
            while (System.in.read() >= 0) {}
        }
    }
}
