package ai.lelantos.envd.conformance;

import ai.lelantos.connect.client.ConnectClient;
import ai.lelantos.envd.conformance.wire.ClientCompatRequest;
import ai.lelantos.envd.conformance.wire.ClientCompatResponse;
import ai.lelantos.envd.conformance.wire.ClientErrorResult;
import ai.lelantos.envd.conformance.wire.HTTPVersion;
import ai.lelantos.protocol.connect.Codec;
import com.google.protobuf.ByteString;
import com.linecorp.armeria.common.TlsKeyPair;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.tcp.SslProvider;

/// The client under test: reads the calls it must make, makes them, tells what it saw.
public final class ConformanceClient {

    private static final int CALLS_MAX = 16;
    private static final int CONNECTIONS_MAX = 64;

    private final ConnectionProvider connections = ConnectionProvider.create("conformance", CONNECTIONS_MAX);
    private final Map<Peer, HttpClient> clients = new ConcurrentHashMap<>();

    /// What a connection depends on.
    private record Peer(
            String host, int port, HTTPVersion version, ByteString trusted, ByteString certificate, ByteString key) {}

    private ConformanceClient() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        var client = new ConformanceClient();
        var permits = new Semaphore(CALLS_MAX);
        try (var calls = Executors.newVirtualThreadPerTaskExecutor()) {
            while (true) {
                ClientCompatRequest request = Delimited.read(System.in, ClientCompatRequest.parser());
                if (request == null) {
                    break;
                }
                permits.acquire();
                calls.execute(() -> {
                    try {
                        tell(client.result(request));
                    } finally {
                        permits.release();
                    }
                });
            }
        }
        client.connections.dispose();
    }

    private static void tell(ClientCompatResponse response) {
        synchronized (System.out) {
            try {
                Delimited.write(response, System.out);
            } catch (IOException gone) {
                throw new java.io.UncheckedIOException("the runner does not listen", gone);
            }
        }
    }

    private ClientCompatResponse result(ClientCompatRequest request) {
        ClientCompatResponse.Builder response =
                ClientCompatResponse.newBuilder().setTestName(request.getTestName());
        try {
            var connect = new ConnectClient(http(request), codec(request));
            return response.setResponse(new ConformanceCall(request, connect).run())
                    .build();
        } catch (Exception e) {
            e.printStackTrace();
            return response.setError(ClientErrorResult.newBuilder().setMessage(e.toString()))
                    .build();
        }
    }

    private static Codec codec(ClientCompatRequest request) {
        return switch (request.getCodec()) {
            case CODEC_PROTO -> Codec.PROTO;
            case CODEC_JSON -> new Codec.Json(ConformanceServer.TYPES);
            case CODEC_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalArgumentException("no codec of ours");
        };
    }

    private HttpClient http(ClientCompatRequest request) {
        var peer = new Peer(
                request.getHost(),
                request.getPort(),
                request.getHttpVersion(),
                request.getServerTlsCert(),
                request.getClientTlsCreds().getCert(),
                request.getClientTlsCreds().getKey());
        return clients.computeIfAbsent(peer, this::http);
    }

    private HttpClient http(Peer peer) {
        boolean tls = !peer.trusted().isEmpty();
        boolean two = peer.version() == HTTPVersion.HTTP_VERSION_2;
        HttpClient http = HttpClient.create(connections)
                .baseUrl((tls ? "https://" : "http://") + peer.host() + ":" + peer.port())
                .protocol(two ? (tls ? HttpProtocol.H2 : HttpProtocol.H2C) : HttpProtocol.HTTP11);
        if (!tls) {
            return http;
        }
        SslProvider.GenericSslContextSpec<?> context = two
                ? Http2SslContextSpec.forClient().configure(builder -> trust(builder, peer))
                : Http11SslContextSpec.forClient().configure(builder -> trust(builder, peer));
        return http.secure(spec -> spec.sslContext(context));
    }

    private static void trust(io.netty.handler.ssl.SslContextBuilder context, Peer peer) {
        context.trustManager(peer.trusted().newInput());
        if (!peer.certificate().isEmpty()) {
            var pair = TlsKeyPair.of(peer.key().newInput(), peer.certificate().newInput());
            context.keyManager(pair.privateKey(), pair.certificateChain());
        }
    }
}
