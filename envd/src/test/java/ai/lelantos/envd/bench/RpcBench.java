package ai.lelantos.envd.bench;

import ai.lelantos.envd.conformance.wire.ServerStreamRequest;
import ai.lelantos.envd.conformance.wire.StreamResponseDefinition;
import ai.lelantos.envd.conformance.wire.UnaryRequest;
import ai.lelantos.protocol.connect.Envelope;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/// Our RPC room beside Armeria's gRPC service: the same handlers, client, protocol (gRPC over h2c) and run.
/// Prints a table; ends with 1 if a bound does not hold. The door's `./lelantos bench rpc`.
public final class RpcBench {

    private static final String SERVICE = "/connectrpc.conformance.v1.ConformanceService/";
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 9);
    private static final int WARM_ROUNDS = 3;
    private static final int UNARY_CALLS = 4_000;
    private static final int UNARY_AT_ONCE = 32;
    private static final double LARGE_RATIO_MIN = 0.9;
    private static final double SMALL_RATIO_MIN = 0.8;

    /// A shape of stream: how large its messages are, and how many make a call long enough to measure.
    private record Shape(String name, int bytes, int messages, double ratioMin) {}

    private static final List<Shape> SHAPES = List.of(
            new Shape("stream of 64 B", 64, 100_000, SMALL_RATIO_MIN),
            new Shape("stream of 32 KiB", 32 << 10, 2_000, LARGE_RATIO_MIN));

    /// What one round measures, in this order: two latencies, then rates.
    private static final int P50 = 0;

    private static final int P99 = 1;
    private static final int CALLS = 2;
    private static final int STREAMS = 3;

    private static final Logger ROOT = Logger.getLogger("");

    private RpcBench() {}

    public static void main(String[] args) throws Exception {
        ROOT.setLevel(Level.WARNING);
        boolean held = compare("handlers that never wait, on the event loops", "");
        held &= compare("handlers that may wait, on threads", "-threads");
        System.exit(held ? 0 : 1);
    }

    private static boolean compare(String what, String how) throws Exception {
        System.out.println(what);
        List<double[]> ours = new ArrayList<>();
        List<double[]> theirs = new ArrayList<>();
        Process one = serve("ours" + how);
        Process two = serve("armeria" + how);
        boolean held = false;
        try {
            WebClient toOurs = client(one);
            WebClient toTheirs = client(two);
            for (int round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
                ours.add(measure(toOurs));
                theirs.add(measure(toTheirs));
            }
            held = report(ours.subList(WARM_ROUNDS, ours.size()), theirs.subList(WARM_ROUNDS, theirs.size()));
        } catch (Exception e) {
            // And exit: the client's threads would keep this process alive.
            System.err.println("the bench broke off: " + e);
        } finally {
            one.destroy();
            two.destroy();
        }
        return held;
    }

    /// Medians of the rounds, and the median of each round's own ratio: what else the machine does in a round meets
    /// both.
    private static boolean report(List<double[]> ours, List<double[]> theirs) {
        row("", "ours", "armeria", "ratio", "bound");
        row("unary p50, us", ours, theirs, P50, Double.NaN);
        row("unary p99, us", ours, theirs, P99, Double.NaN);
        boolean held = row("unary, calls/s", ours, theirs, CALLS, SMALL_RATIO_MIN);
        for (int shape = 0; shape < SHAPES.size(); shape++) {
            Shape of = SHAPES.get(shape);
            held &= row(of.name() + ", messages/s", ours, theirs, STREAMS + shape, of.ratioMin());
        }
        return held;
    }

    /// Prints a line; whether its ratio, larger being better for us, keeps the bound.
    @CanIgnoreReturnValue
    private static boolean row(String name, List<double[]> ours, List<double[]> theirs, int which, double bound) {
        boolean isLatency = which == P50 || which == P99;
        double ratio = median(IntStream.range(0, ours.size())
                .mapToDouble(i -> isLatency
                        ? theirs.get(i)[which] / ours.get(i)[which]
                        : ours.get(i)[which] / theirs.get(i)[which]));
        row(
                name,
                String.format(Locale.ROOT, "%.0f", median(ours.stream().mapToDouble(round -> round[which]))),
                String.format(Locale.ROOT, "%.0f", median(theirs.stream().mapToDouble(round -> round[which]))),
                String.format(Locale.ROOT, "%.2f", ratio),
                Double.isNaN(bound) ? "-" : String.format(Locale.ROOT, ">= %.1f", bound));
        return Double.isNaN(bound) || ratio >= bound;
    }

    private static double median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static void row(String name, String ours, String theirs, String ratio, String bound) {
        System.out.printf("%-28s %12s %12s %7s %7s%n", name, ours, theirs, ratio, bound);
    }

    private static double[] measure(WebClient client) throws Exception {
        var round = new double[STREAMS + SHAPES.size()];
        latency(client, round);
        round[CALLS] = throughput(client);
        for (int shape = 0; shape < SHAPES.size(); shape++) {
            Shape of = SHAPES.get(shape);
            round[STREAMS + shape] = Math.max(stream(client, of, false), stream(client, of, true));
        }
        return round;
    }

    private static void latency(WebClient client, double[] round) throws Exception {
        var nanos = new long[UNARY_CALLS];
        for (int call = 0; call < UNARY_CALLS; call++) {
            long start = System.nanoTime();
            ok(client.execute(echo()).aggregate().get());
            nanos[call] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        round[P50] = nanos[UNARY_CALLS / 2] / 1e3;
        round[P99] = nanos[UNARY_CALLS * 99 / 100] / 1e3;
    }

    private static double throughput(WebClient client) throws Exception {
        var left = new AtomicLong(UNARY_CALLS * 4L);
        long start = System.nanoTime();
        CompletableFuture<?>[] lanes = new CompletableFuture<?>[UNARY_AT_ONCE];
        for (int lane = 0; lane < UNARY_AT_ONCE; lane++) {
            lanes[lane] = lane(client, left);
        }
        CompletableFuture.allOf(lanes).get();
        return UNARY_CALLS * 4e9 / (System.nanoTime() - start);
    }

    private static CompletableFuture<?> lane(WebClient client, AtomicLong left) {
        if (left.getAndDecrement() <= 0) {
            return CompletableFuture.completedFuture(null);
        }
        return client.execute(echo()).aggregate().thenComposeAsync(answer -> {
            ok(answer);
            return lane(client, left);
        });
    }

    private static double stream(WebClient client, Shape shape, boolean heeding) throws Exception {
        var definition = StreamResponseDefinition.newBuilder().setResponseDelayMs(shape.messages());
        if (heeding) {
            definition.addResponseData(ByteString.EMPTY);
        }
        ServerStreamRequest request = ServerStreamRequest.newBuilder()
                .setResponseDefinition(definition)
                .setRequestData(ByteString.copyFrom(new byte[shape.bytes()]))
                .build();
        var counter = new Counter();
        long start = System.nanoTime();
        HttpResponse response = client.execute(grpc("ServerStream", request));
        response.subscribe(counter, SubscriptionOption.WITH_POOLED_OBJECTS);
        counter.done.get();
        double seconds = (System.nanoTime() - start) / 1e9;
        if (counter.bytes < (long) shape.messages() * shape.bytes()) {
            throw new IllegalStateException(
                    "expected " + shape.messages() + " messages, got " + counter.bytes + " bytes");
        }
        return shape.messages() / seconds;
    }

    private static final class Counter implements Subscriber<HttpObject> {

        final CompletableFuture<Boolean> done = new CompletableFuture<>();
        long bytes;
        private String status = "";

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(HttpObject object) {
            switch (object) {
                case HttpData data -> {
                    bytes += data.length();
                    data.close();
                }
                case HttpHeaders headers -> status = headers.get("grpc-status", status);
                default -> throw new IllegalStateException("neither data nor headers: " + object);
            }
        }

        @Override
        public void onError(Throwable cause) {
            done.completeExceptionally(cause);
        }

        @Override
        public void onComplete() {
            if (status.equals("0")) {
                done.complete(true);
            } else {
                done.completeExceptionally(new IllegalStateException("grpc-status " + status));
            }
        }
    }

    private static HttpRequest echo() {
        return grpc(
                "Unary",
                UnaryRequest.newBuilder()
                        .setRequestData(ByteString.copyFrom(new byte[64]))
                        .build());
    }

    private static HttpRequest grpc(String method, Message request) {
        RequestHeaders headers = RequestHeaders.of(
                HttpMethod.POST, SERVICE + method, "content-type", "application/grpc+proto", "te", "trailers");
        return HttpRequest.of(
                headers,
                HttpData.wrap(Envelope.of(request.toByteString()).encode().toByteArray()));
    }

    private static void ok(AggregatedHttpResponse answer) {
        if (!"0".equals(answer.trailers().get("grpc-status"))) {
            throw new IllegalStateException("a call failed: " + answer.headers() + answer.trailers());
        }
    }

    private static Process serve(String which) throws IOException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:+UseSerialGC",
                        "-Xmx768m",
                        "--sun-misc-unsafe-memory-access=allow",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BenchServer.class.getName(),
                        which)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static WebClient client(Process server) throws IOException {
        BufferedReader out = server.inputReader();
        return WebClient.builder("h2c://127.0.0.1:" + out.readLine())
                .responseTimeoutMillis(0)
                .maxResponseLength(0)
                .build();
    }
}
