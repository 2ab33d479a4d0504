package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.process.ListRequest;
import ai.lelantos.protocol.process.ListResponse;
import ai.lelantos.protocol.process.ProcessGrpc;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import ai.lelantos.protocol.process.StreamInputRequest;
import ai.lelantos.protocol.process.StreamInputResponse;
import ai.lelantos.protocol.process.UpdateRequest;
import ai.lelantos.protocol.process.UpdateResponse;
import com.google.protobuf.ByteString;
import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Handlers on the event loop, because they said that they never wait; over both HTTP versions.
class NeverWaitsIT {

    private static final int SECONDS_MAX = 20;
    private static final int MESSAGES = 2_000;
    /// Both on one server, whose end takes two seconds.
    private static final List<String> PROTOCOLS = List.of("h1c", "h2c");

    private static final String SERVICE = "/process.Process/";

    private static ClientFactory factory;

    @BeforeAll
    static void open() {
        factory = ClientFactory.builder().build();
    }

    @AfterAll
    static void close() {
        factory.close();
    }

    /// `List` and `Start` and `StreamInput` never wait, `Update` did not say so.
    private static class Prompt extends ProcessGrpc.ProcessImplBase implements NeverWaits {

        final AtomicInteger received = new AtomicInteger();
        final Semaphore started = new Semaphore(0);
        final Semaphore left = new Semaphore(0);
        volatile boolean onVirtualThread;

        @Override
        public Set<MethodDescriptor<?, ?>> neverWait() {
            return Set.of(
                    ProcessGrpc.getListMethod(), ProcessGrpc.getStartMethod(), ProcessGrpc.getStreamInputMethod());
        }

        @Override
        public void list(ListRequest request, StreamObserver<ListResponse> answer) {
            onVirtualThread = Thread.currentThread().isVirtual();
            answer.onNext(ListResponse.getDefaultInstance());
            answer.onCompleted();
        }

        @Override
        public void update(UpdateRequest request, StreamObserver<UpdateResponse> answer) {
            onVirtualThread = Thread.currentThread().isVirtual();
            answer.onNext(UpdateResponse.getDefaultInstance());
            answer.onCompleted();
        }

        /// Sends as its client takes.
        @Override
        public void start(StartRequest request, StreamObserver<StartResponse> answer) {
            var ready = (ServerCallStreamObserver<StartResponse>) answer;
            ready.setOnCancelHandler(left::release);
            started.release();
            ready.setOnReadyHandler(new Runnable() {
                private int toSend = MESSAGES;

                @Override
                public void run() {
                    while (toSend > 0 && ready.isReady()) {
                        ready.onNext(Streams.OUTPUT);
                        toSend--;
                    }
                    if (toSend == 0) {
                        toSend = -1;
                        ready.onCompleted();
                    }
                }
            });
        }

        @Override
        public StreamObserver<StreamInputRequest> streamInput(StreamObserver<StreamInputResponse> answer) {
            return new StreamObserver<>() {
                @Override
                public void onNext(StreamInputRequest request) {
                    received.incrementAndGet();
                }

                @Override
                public void onError(Throwable gone) {
                    left.release();
                }

                @Override
                public void onCompleted() {
                    answer.onNext(StreamInputResponse.getDefaultInstance());
                    answer.onCompleted();
                }
            };
        }
    }

    @Test
    void onlyHandlersThatSaidSoRunOnTheEventLoop() throws Exception {
        var service = new Prompt();
        try (RpcServer server = RpcServer.serving(service)) {
            for (String protocol : PROTOCOLS) {
                assertThat(whole(unary(server, protocol, "List")).status().code())
                        .isEqualTo(200);
                assertThat(service.onVirtualThread).isFalse();
                assertThat(whole(unary(server, protocol, "Update")).status().code())
                        .isEqualTo(200);
                assertThat(service.onVirtualThread).isTrue();
            }
        }
    }

    @Test
    void aStreamThatHeedsReadinessArrivesWhole() throws Exception {
        try (RpcServer server = RpcServer.serving(new Prompt())) {
            for (String protocol : PROTOCOLS) {
                AggregatedHttpResponse answer = whole(stream(server, protocol, "Start", Streams.start()));
                int envelope =
                        Envelope.of(Streams.OUTPUT.toByteString()).encode().size();
                assertThat(answer.content().length()).isGreaterThan(MESSAGES * envelope);
                assertThat(answer.contentUtf8()).endsWith("{}");
            }
        }
    }

    @Test
    void manyMessagesInOnePieceAreTakenOneByOne() throws Exception {
        var service = new Prompt();
        var body = new ByteArrayOutputStream();
        byte[] one = Envelope.of(ByteString.EMPTY).encode().toByteArray();
        for (int i = 0; i < 100_000; i++) {
            body.writeBytes(one);
        }
        try (RpcServer server = RpcServer.serving(service)) {
            for (String protocol : PROTOCOLS) {
                AggregatedHttpResponse answer = whole(stream(server, protocol, "StreamInput", body.toByteArray()));
                assertThat(answer.contentUtf8()).endsWith("{}");
                assertThat(service.received.getAndSet(0)).isEqualTo(100_000);
            }
        }
    }

    @Test
    void anAnswerMayComeLaterFromAnotherThread() throws Exception {
        var later = new Prompt() {
            @Override
            public void list(ListRequest request, StreamObserver<ListResponse> answer) {
                Thread.ofVirtual().start(() -> super.list(request, answer));
            }
        };
        try (RpcServer server = RpcServer.serving(later)) {
            for (String protocol : PROTOCOLS) {
                assertThat(whole(unary(server, protocol, "List")).status().code())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void whatAHandlerThrowsIsAnsweredAndTheLoopGoesOn() throws Exception {
        var failing = new Prompt() {
            @Override
            public void list(ListRequest request, StreamObserver<ListResponse> answer) {
                throw new Refused(ai.lelantos.protocol.connect.Code.NOT_FOUND, "nothing here");
            }
        };
        try (RpcServer server = RpcServer.serving(failing)) {
            for (String protocol : PROTOCOLS) {
                AggregatedHttpResponse refused = whole(unary(server, protocol, "List"));
                assertThat(refused.status().code()).isEqualTo(404);
                assertThat(refused.contentUtf8()).contains("\"not_found\"", "nothing here");
                assertThat(whole(unary(server, protocol, "Update")).status().code())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void oneThatWouldWaitAfterAllFailsInsteadOfHoldingItsLoop() throws Exception {
        var waiting = new Prompt() {
            @Override
            public void start(StartRequest request, StreamObserver<StartResponse> answer) {
                var out = new Outbox<>(answer);
                for (int i = 0; i < MESSAGES; i++) {
                    out.send(Streams.OUTPUT);
                }
                out.end();
            }
        };
        try (RpcServer server = RpcServer.serving(waiting)) {
            for (String protocol : PROTOCOLS) {
                AggregatedHttpResponse answer = whole(stream(server, protocol, "Start", Streams.start()));
                assertThat(answer.contentUtf8()).contains("\"internal\"").doesNotEndWith("{}");
                assertThat(whole(unary(server, protocol, "List")).status().code())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void itLearnsThatItsClientLeft() throws Exception {
        var service = new Prompt();
        try (RpcServer server = RpcServer.serving(service)) {
            for (String protocol : PROTOCOLS) {
                HttpResponse response = stream(server, protocol, "Start", Streams.start());
                assertThat(service.started.tryAcquire(SECONDS_MAX, TimeUnit.SECONDS))
                        .isTrue();
                response.abort();
                assertThat(service.left.tryAcquire(SECONDS_MAX, TimeUnit.SECONDS))
                        .isTrue();
            }
        }
    }

    private static HttpResponse unary(RpcServer server, String protocol, String method) {
        return client(server, protocol)
                .execute(HttpRequest.of(
                        RequestHeaders.of(HttpMethod.POST, SERVICE + method, "content-type", "application/proto"),
                        HttpData.empty()));
    }

    private static HttpResponse stream(RpcServer server, String protocol, String method, byte[] body) {
        return client(server, protocol)
                .execute(HttpRequest.of(
                        RequestHeaders.of(
                                HttpMethod.POST, SERVICE + method, "content-type", "application/connect+proto"),
                        HttpData.wrap(body)));
    }

    private static AggregatedHttpResponse whole(HttpResponse response) throws Exception {
        return response.aggregate().get(SECONDS_MAX, TimeUnit.SECONDS);
    }

    private static WebClient client(RpcServer server, String protocol) {
        return WebClient.builder(protocol + "://127.0.0.1:" + server.port())
                .factory(factory)
                .responseTimeoutMillis(0)
                .maxResponseLength(0)
                .build();
    }
}
