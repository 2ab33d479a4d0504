package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.connect.EnvelopeCutter;
import ai.lelantos.protocol.process.ListRequest;
import ai.lelantos.protocol.process.ListResponse;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.ProcessGrpc;
import ai.lelantos.protocol.process.ProcessInfo;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import com.google.protobuf.ByteString;
import com.linecorp.armeria.common.logging.RequestLogProperty;
import io.grpc.stub.StreamObserver;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SubmissionPublisher;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a plain HTTP client sees of Connect.
class RpcRoutesIT {

    private static final String LIST = "/process.Process/List";
    private static final String START = "/process.Process/Start";

    private static RpcServer server;
    private static HttpClient client;

    /// Lists one process named after a header, and starts processes that only count.
    private static final class Counting extends ProcessGrpc.ProcessImplBase {

        @Override
        public void list(ListRequest request, StreamObserver<ListResponse> answer) {
            assertThat(Thread.currentThread().isVirtual()).isTrue();
            String name = Call.current().header("X-Name");
            answer.onNext(ListResponse.newBuilder()
                    .addProcesses(ProcessInfo.newBuilder().setTag(name == null ? "" : name))
                    .build());
            answer.onCompleted();
        }

        @Override
        public void start(StartRequest request, StreamObserver<StartResponse> answer) {
            if (request.getProcess().getCmd().isEmpty()) {
                throw new Refused(Code.INVALID_ARGUMENT, "no command");
            }
            var out = new Outbox<>(answer);
            for (int pid = 1; pid <= 3; pid++) {
                out.send(StartResponse.newBuilder()
                        .setEvent(ProcessEvent.newBuilder()
                                .setStart(ProcessEvent.StartEvent.newBuilder().setPid(pid)))
                        .build());
            }
            out.end();
        }
    }

    @BeforeAll
    static void start() {
        server = RpcServer.serving(new Counting());
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void aConnectionThatAsksToIsUpgradedToHttp2() throws Exception {
        try (HttpClient fresh =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            // The client sends its first request in HTTP/1.1 with `Upgrade: h2c`; the answer comes in HTTP/2.
            for (String path : List.of("/nothing", LIST)) {
                var request = HttpRequest.newBuilder(server.uri(path)).header("content-type", "application/json");
                var response = fresh.send(
                        path.equals(LIST)
                                ? request.POST(BodyPublishers.ofString("{}")).build()
                                : request.GET().build(),
                        BodyHandlers.ofByteArray());
                assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(response.statusCode()).isEqualTo(path.equals(LIST) ? 200 : 404);
            }
        }
    }

    @Test
    void unaryJsonIsAPlainPost() throws Exception {
        var response = post(LIST, "application/json; charset=utf-8", ByteString.copyFromUtf8("{}"), "x-name", "sleep");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(text(response)).isEqualTo("{\"processes\":[{\"tag\":\"sleep\"}]}");
    }

    @Test
    void unaryProtoMayHaveAnEmptyBody() throws Exception {
        var response = post(LIST, "application/proto", ByteString.EMPTY);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(ListResponse.parseFrom(response.body()).getProcessesCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "proto"})
    void aStreamIsEnvelopesAndOneEnd(String codecName) throws Exception {
        Codec codec = codecName.equals("json") ? Codec.JSON : Codec.PROTO;
        var request = StartRequest.newBuilder()
                .setProcess(ProcessConfig.newBuilder().setCmd("true"))
                .build();
        var response = post(
                START,
                "application/connect+" + codecName,
                Envelope.of(codec.encode(request)).encode());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/connect+" + codecName);
        List<Envelope> envelopes = envelopes(response);
        assertThat(envelopes).hasSize(4);
        assertThat(codec.decode(envelopes.get(2).payload(), StartResponse.getDefaultInstance())
                        .getEvent()
                        .getStart()
                        .getPid())
                .isEqualTo(3);
        assertThat(envelopes.get(3)).isEqualTo(new Envelope(Envelope.END_STREAM, ByteString.copyFromUtf8("{}")));
    }

    @Test
    void whatAHandlerRefusesEndsTheStream() throws Exception {
        var response = post(
                START,
                "application/connect+json",
                Envelope.of(ByteString.copyFromUtf8("{}")).encode());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(envelopes(response))
                .containsExactly(new Envelope(
                        Envelope.END_STREAM,
                        ByteString.copyFromUtf8(
                                "{\"error\":{\"code\":\"invalid_argument\",\"message\":\"no command\"}}")));
    }

    @Test
    void anythingButPostIsNotAllowed() throws Exception {
        for (String method : List.of("GET", "PUT", "DELETE", "OPTIONS")) {
            var response = client.send(
                    HttpRequest.newBuilder(server.uri(LIST))
                            .method(method, BodyPublishers.noBody())
                            .build(),
                    BodyHandlers.ofByteArray());
            assertThat(response.statusCode()).isEqualTo(405);
            assertThat(response.headers().firstValue("allow")).contains("POST");
        }
    }

    @Test
    void aContentTypeOfNoProtocolIsToldWhichOnesThereAre() throws Exception {
        var response = post(LIST, "text/plain", ByteString.copyFromUtf8("{}"));
        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.headers().firstValue("accept-post").orElse(""))
                .contains("application/json")
                .doesNotContain("connect+json");
        assertThat(response.body()).isEmpty();
        assertThat(post(START, "application/json", ByteString.EMPTY).statusCode())
                .isEqualTo(415);
    }

    @ParameterizedTest
    @CsvSource({LIST + ",415,''", "/process.Process/Fly,404,'404 page not found\n'"})
    void aRefusalIsHeardAlsoByAClientThatIsStillSending(String path, int status, String text) throws Exception {
        var answered = new CompletableFuture<Void>();
        try (var watched = RpcServer.with(builder -> {
            RpcRoutes.mount(builder, List.of(new Counting()), RpcLimits.DEFAULT);
            builder.decorator((next, ctx, request) -> {
                if (request.headers().contains("content-type", "text/plain")) {
                    var _ = ctx.log()
                            .whenAvailable(RequestLogProperty.RESPONSE_END_TIME)
                            .thenRun(() -> answered.complete(null));
                }
                return next.serve(ctx, request);
            });
        })) {
            var listing = HttpRequest.newBuilder(watched.uri(LIST))
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofString("{}"))
                    .build();
            assertThat(client.send(listing, BodyHandlers.discarding()).version())
                    .isEqualTo(Version.HTTP_2);
            var body = new SubmissionPublisher<ByteBuffer>(Runnable::run, 1);
            var refused = client.sendAsync(
                    HttpRequest.newBuilder(watched.uri(path))
                            .header("content-type", "text/plain")
                            .POST(BodyPublishers.fromPublisher(body, 2))
                            .build(),
                    BodyHandlers.ofByteArray());
            answered.join();
            // Frames of a connection come in order: with this answer a reset of the stream before would be here too.
            var _ = client.send(listing, BodyHandlers.discarding());
            int _ = body.submit(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)));
            body.close();
            var response = refused.join();
            assertThat(response.version()).isEqualTo(Version.HTTP_2);
            assertThat(response.statusCode()).isEqualTo(status);
            assertThat(text(response)).isEqualTo(text);
        }
    }

    @Test
    void anUnknownPathIsNotFoundInPlainText() throws Exception {
        var response = post("/process.Process/Fly", "application/json", ByteString.copyFromUtf8("{}"));
        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
        assertThat(text(response)).isEqualTo("404 page not found\n");
    }

    @Test
    void aMessageThatIsNoneIsInvalid() throws Exception {
        var response = post(LIST, "application/json", ByteString.copyFromUtf8("{\"x\""));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(text(response)).startsWith("{\"code\":\"invalid_argument\",\"message\":\"unmarshal message");
    }

    private static HttpResponse<byte[]> post(String path, String contentType, ByteString body, String... headers)
            throws Exception {
        var request = HttpRequest.newBuilder(server.uri(path))
                .header("content-type", contentType)
                .POST(BodyPublishers.ofByteArray(body.toByteArray()));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static String text(HttpResponse<byte[]> response) {
        return ByteString.copyFrom(response.body()).toStringUtf8();
    }

    private static List<Envelope> envelopes(HttpResponse<byte[]> response) {
        var cutter = new EnvelopeCutter(1 << 20, Envelope.END_STREAM);
        cutter.feed(ByteString.copyFrom(response.body()));
        var envelopes = new ArrayList<Envelope>();
        for (Envelope next = cutter.next(); next != null; next = cutter.next()) {
            envelopes.add(next);
        }
        cutter.finish();
        return envelopes;
    }
}
