package ai.lelantos.envd.conformance;

import ai.lelantos.envd.conformance.wire.ConformancePayload;
import ai.lelantos.envd.conformance.wire.ServerCompatRequest;
import ai.lelantos.envd.conformance.wire.ServerCompatResponse;
import ai.lelantos.envd.http.Endpoints;
import ai.lelantos.envd.rpc.RpcLimits;
import ai.lelantos.envd.rpc.RpcRoutes;
import ai.lelantos.protocol.connect.Codec;
import com.google.protobuf.ByteString;
import com.google.protobuf.TypeRegistry;
import com.linecorp.armeria.common.TlsKeyPair;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;

/// The server under test: reads what it must be, serves it until it is told to stop.
public final class ConformanceServer {

    /// Every message of the suite: error details and echoed requests are `Any`, also in JSON.
    static final TypeRegistry TYPES = TypeRegistry.newBuilder()
            .add(ConformancePayload.getDescriptor().getFile().getMessageTypes())
            .add(ConformancePayload.RequestInfo.getDescriptor())
            .build();

    private ConformanceServer() {}

    public static void main(String[] args) throws IOException {
        ServerCompatRequest request =
                Objects.requireNonNull(Delimited.read(System.in, ServerCompatRequest.parser()), "a request on stdin");
        Server server = server(request);
        server.start().join();
        ServerCompatResponse.Builder response =
                ServerCompatResponse.newBuilder().setHost("127.0.0.1").setPort(server.activeLocalPort());
        if (request.getUseTls()) {
            response.setPemCert(request.getServerCreds().getCert());
        }
        Delimited.write(response.build(), System.out);
        server.whenClosed().join();
    }

    private static Server server(ServerCompatRequest request) {
        ServerBuilder builder = Server.builder();
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (request.getUseTls()) {
            builder.https(address);
            builder.tls(TlsKeyPair.of(
                    request.getServerCreds().getKey().newInput(),
                    request.getServerCreds().getCert().newInput()));
            ByteString clients = request.getClientTlsCert();
            if (!clients.isEmpty()) {
                builder.tlsCustomizer(
                        tls -> tls.trustManager(clients.newInput()).clientAuth(ClientAuth.REQUIRE));
            }
        } else {
            builder.http(address);
        }
        int limit = request.getMessageReceiveLimit();
        var limits = limit == 0 ? RpcLimits.DEFAULT : new RpcLimits(limit, RpcLimits.DEFAULT.callsMax());
        RpcRoutes.mount(builder, List.of(new ConformanceService()), limits, new Codec.Json(TYPES));
        new Endpoints().mount(builder);
        return builder.build();
    }
}
