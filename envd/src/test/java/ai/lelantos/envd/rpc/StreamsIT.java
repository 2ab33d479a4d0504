package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.client.ClientFactory;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpRequestWriter;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// Streams under a client that is slow, leaves, or has no time left; over both HTTP versions.
class StreamsIT {

    private static final String START = "/process.Process/Start";
    private static final String INPUT = "/process.Process/StreamInput";
    private static final int SECONDS_MAX = 20;
    private static final int MESSAGES = 4_000;

    /// What may be under way when a reader stops: both sockets' buffers, flow-control windows, our own 256 KiB.
    private static final int UNDER_WAY_BYTES_MAX = 24 << 20;

    private static ClientFactory factory;

    @BeforeAll
    static void open() {
        factory = ClientFactory.builder().build();
    }

    @AfterAll
    static void close() {
        factory.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1c", "h2c"})
    void aSlowReaderStopsTheHandler(String protocol) throws Exception {
        var service = new Streams(MESSAGES);
        try (RpcServer server = RpcServer.serving(service)) {
            var reader = new Reader();
            post(server, protocol, START, Streams.start(), "").subscribe(reader);
            reader.ask(2);
            await(service.started);
            int stopped = quiet(service.sent::get);
            assertThat((long) stopped * Streams.MESSAGE_BYTES).isLessThan(UNDER_WAY_BYTES_MAX);
            reader.ask(Long.MAX_VALUE);
            await(reader.over);
            assertThat(reader.failure).isNull();
            assertThat(service.sent.get()).isEqualTo(MESSAGES);
            assertThat(reader.bytes.get()).isGreaterThan((long) MESSAGES * Streams.MESSAGE_BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1c", "h2c"})
    void aSlowHandlerStopsTheClient(String protocol) throws Exception {
        var service = new Streams(0);
        try (RpcServer server = RpcServer.serving(service)) {
            HttpRequestWriter writer = HttpRequest.streaming(headers(INPUT, ""));
            var written = new AtomicInteger();
            var response = client(server, protocol).execute(writer).aggregate();
            write(writer, written, HttpData.wrap(Streams.input()));
            await(service.started);
            int stopped = quiet(written::get);
            assertThat(stopped).isLessThan(MESSAGES);
            assertThat((long) stopped * Streams.MESSAGE_BYTES).isLessThan(UNDER_WAY_BYTES_MAX);
            assertThat(service.received.get()).isEqualTo(1);
            service.goOn.countDown();
            AggregatedHttpResponse answer = response.get(SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(answer.contentUtf8()).endsWith("{}");
            assertThat(service.received.get()).isEqualTo(MESSAGES);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1c", "h2c"})
    void aHandlerThatSendsLearnsThatItsClientLeft(String protocol) throws Exception {
        var service = new Streams(Integer.MAX_VALUE);
        try (RpcServer server = RpcServer.serving(service)) {
            var reader = new Reader();
            post(server, protocol, START, Streams.start(), "").subscribe(reader);
            reader.ask(8);
            await(service.started);
            reader.leave();
            await(service.ended);
            await(service.returned);
            assertThat(service.thrown.get()).isInstanceOf(ClientGone.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1c", "h2c"})
    void aHandlerThatIsSilentLearnsItToo(String protocol) throws Exception {
        var service = new Streams(0);
        try (RpcServer server = RpcServer.serving(service)) {
            var reader = new Reader();
            post(server, protocol, START, Streams.start(), "").subscribe(reader);
            await(service.started);
            reader.leave();
            await(service.ended);
            assertThat(service.returned.getCount()).isOne();
            service.goOn.countDown();
            await(service.returned);
            assertThat(service.interrupted).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1c", "h2c"})
    void aCallOfOneMessageLearnsItAsWell(String protocol) throws Exception {
        var service = new Streams(0);
        try (RpcServer server = RpcServer.serving(service)) {
            HttpRequest request = HttpRequest.of(
                    HttpMethod.POST, "/process.Process/List", MediaType.parse("application/proto"), HttpData.empty());
            HttpResponse response = client(server, protocol).execute(request);
            await(service.started);
            response.abort();
            await(service.ended);
            assertThat(service.returned.getCount()).isOne();
            service.goOn.countDown();
            await(service.returned);
            assertThat(service.interrupted).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h1c", "h2c"})
    void aDeadlineEndsTheStreamAndLeavesTheHandlerAlone(String protocol) throws Exception {
        var service = new Streams(0);
        try (RpcServer server = RpcServer.serving(service)) {
            AggregatedHttpResponse answer = post(server, protocol, START, Streams.start(), "150")
                    .aggregate()
                    .get(SECONDS_MAX, TimeUnit.SECONDS);
            assertThat(answer.status().code()).isEqualTo(200);
            assertThat(answer.contentUtf8())
                    .endsWith("{\"error\":{\"code\":\"deadline_exceeded\",\"message\":\"context deadline exceeded\"}}");
            await(service.ended);
            assertThat(service.returned.getCount()).isOne();
            service.goOn.countDown();
            await(service.returned);
            assertThat(service.interrupted).isFalse();
        }
    }

    private static void write(HttpRequestWriter writer, AtomicInteger written, HttpData message) {
        if (written.get() == MESSAGES) {
            writer.close();
        } else if (writer.tryWrite(message)) {
            CompletableFuture<?> _ = writer.whenConsumed().thenRun(() -> {
                written.incrementAndGet();
                write(writer, written, message);
            });
        }
    }

    private static HttpResponse post(
            RpcServer server, String protocol, String path, byte[] body, String timeoutMillis) {
        return client(server, protocol).execute(HttpRequest.of(headers(path, timeoutMillis), HttpData.wrap(body)));
    }

    private static WebClient client(RpcServer server, String protocol) {
        return WebClient.builder(protocol + "://127.0.0.1:" + server.port())
                .factory(factory)
                .responseTimeoutMillis(0)
                .writeTimeoutMillis(0)
                .maxResponseLength(0)
                .build();
    }

    private static RequestHeaders headers(String path, String timeoutMillis) {
        RequestHeadersBuilder headers =
                RequestHeaders.builder(HttpMethod.POST, path).set("content-type", "application/connect+proto");
        if (!timeoutMillis.isEmpty()) {
            headers.set("connect-timeout-ms", timeoutMillis);
        }
        return headers.build();
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    }

    /// The value of a counter once it has not moved for a while: nothing signals that nothing happens.
    private static int quiet(IntSupplier counter) throws InterruptedException {
        var never = new CountDownLatch(1);
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        int before = -1;
        int now = counter.getAsInt();
        while (now != before || now == 0) {
            assertThat(System.nanoTime()).as("still moving at %d", now).isLessThan(giveUp);
            before = now;
            assertThat(never.await(400, TimeUnit.MILLISECONDS)).isFalse();
            now = counter.getAsInt();
        }
        return now;
    }

    /// Takes what it asked for, and nothing else.
    private static final class Reader implements Subscriber<HttpObject> {

        final AtomicLong bytes = new AtomicLong();
        final CountDownLatch over = new CountDownLatch(1);
        final CountDownLatch subscribed = new CountDownLatch(1);
        volatile @Nullable Throwable failure;
        private volatile @Nullable Subscription subscription;

        void ask(long objects) throws InterruptedException {
            await(subscribed);
            java.util.Objects.requireNonNull(subscription).request(objects);
        }

        void leave() throws InterruptedException {
            await(subscribed);
            java.util.Objects.requireNonNull(subscription).cancel();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            this.subscription = subscription;
            subscribed.countDown();
        }

        @Override
        public void onNext(HttpObject object) {
            if (object instanceof HttpData data) {
                bytes.addAndGet(data.length());
            }
        }

        @Override
        public void onError(Throwable cause) {
            failure = cause;
            over.countDown();
        }

        @Override
        public void onComplete() {
            over.countDown();
        }
    }
}
