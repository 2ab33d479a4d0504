package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.StartRequest;
import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Thousands of requests that no client would send: each is answered, none is logged as unexpected, nothing piles up.
class MalformedIT {

    /// `-Dmalformed.inputs=1000000` for a long run; `-Dmalformed.seed` brings one back.
    private static final int INPUTS = Integer.getInteger("malformed.inputs", 10_000);

    private static final int MESSAGE_BYTES_MAX = 4 << 10;

    /// Heap and direct memory after the last input over that after the first tenth.
    private static final long GROWTH_BYTES_MAX = 8 << 20;

    private static final List<String> PATHS =
            List.of(Echo.UNARY, Echo.SERVER_STREAM, Echo.CLIENT_STREAM, Echo.GET, "/process.Process/Fly");
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/proto",
            "application/connect+json",
            "application/connect+proto",
            "application/grpc-web+proto",
            "application/grpc+json",
            "application/json; charset=utf-8",
            "text/plain");
    private static final List<String> HEADERS = List.of(
            "connect-timeout-ms",
            "grpc-timeout",
            "content-encoding",
            "connect-content-encoding",
            "grpc-encoding",
            "accept-encoding",
            "connect-accept-encoding",
            "connect-protocol-version",
            "x-some-bin");
    private static final List<String> VALUES =
            List.of("", "1", "0", "-5", "99999999999", "10S", "gzip", "br", "identity, gzip;q=0", "v1", "$!", "AAAA");

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noneIsUnexpectedAndNothingPilesUp(boolean onEventLoop) throws IOException {
        long seed = Long.getLong("malformed.seed", System.nanoTime());
        System.out.println("malformed inputs from -Dmalformed.seed=" + seed);
        var random = new SplittableRandom(seed);
        var unexpected = new CopyOnWriteArrayList<String>();
        Logger root = Logger.getLogger("");
        Handler listener = listener(unexpected);
        root.addHandler(listener);
        List<BindableService> services = List.of(onEventLoop ? new Echo.Prompt() : new Echo(), new Echo.Safe());
        try (RpcServer server =
                RpcServer.with(builder -> RpcRoutes.mount(builder, services, new RpcLimits(MESSAGE_BYTES_MAX, 64)))) {
            send(server, random, INPUTS / 10);
            long before = usedBytes();
            send(server, random, INPUTS - INPUTS / 10);
            long after = usedBytes();
            assertThat(after - before).as("growth in bytes, seed %d", seed).isLessThan(GROWTH_BYTES_MAX);
        } finally {
            root.removeHandler(listener);
        }
        assertThat(unexpected).as("seed %d", seed).isEmpty();
    }

    private static void send(RpcServer server, RandomGenerator random, int inputs) throws IOException {
        var connection = new RawConnection(server.port());
        try {
            for (int i = 0; i < inputs; i++) {
                ByteString body = body(random);
                boolean leaves = random.nextInt(50) == 0;
                String method = random.nextInt(8) == 0 ? "GET" : "POST";
                int promised = leaves ? body.size() + 1 + random.nextInt(100) : body.size();
                String path = path(random, body);
                Map<String, String> headers = headers(random);
                String input = "input " + i + ": " + method + " " + path + " " + headers + ", " + promised + " bytes";
                connection.send(method, path, headers, promised, body);
                if (leaves || !answered(connection, input)) {
                    connection.close();
                    connection = new RawConnection(server.port());
                }
            }
        } finally {
            connection.close();
        }
    }

    /// Reads the answer; false if it announced the end of the connection.
    private static boolean answered(RawConnection connection, String input) {
        try {
            RawConnection.Reply reply = connection.reply();
            assertThat(reply.status()).as(input).isIn(200, 400, 404, 405, 415, 429, 500, 501, 504);
            return !"close".equals(reply.headers().get("connection"));
        } catch (IOException e) {
            throw new AssertionError("no answer to " + input, e);
        }
    }

    private static String path(RandomGenerator random, ByteString body) {
        String path = pick(PATHS, random);
        if (!path.equals(Echo.GET) || random.nextInt(10) == 0) {
            return path;
        }
        String message = random.nextBoolean()
                ? java.util.Base64.getUrlEncoder()
                        .encodeToString(
                                body.substring(0, Math.min(body.size(), 512)).toByteArray())
                : "%7B%" + Integer.toHexString(random.nextInt(8)) + (random.nextInt(9) == 0 ? "z" : "1") + "%7D";
        return path + "?encoding=" + (random.nextBoolean() ? "json" : "proto") + "&base64=" + random.nextInt(3)
                + "&message=" + message;
    }

    private static Map<String, String> headers(RandomGenerator random) {
        Map<String, String> headers = new HashMap<>();
        if (random.nextInt(20) > 0) {
            headers.put("content-type", pick(TYPES, random));
        }
        for (int more = random.nextInt(3); more > 0; more--) {
            headers.put(pick(HEADERS, random), pick(VALUES, random));
        }
        return headers;
    }

    /// Something right, then broken: flags, lengths, bytes, cuts.
    private static ByteString body(RandomGenerator random) {
        ByteString message = switch (random.nextInt(5)) {
            case 0 -> ByteString.copyFromUtf8("{\"process\":{\"cmd\":\"ls\"}}");
            case 1 -> ByteString.copyFromUtf8("{}");
            case 2 ->
                StartRequest.newBuilder()
                        .setProcess(ProcessConfig.newBuilder().setCmd("ls").addArgs("-l"))
                        .build()
                        .toByteString();
            case 3 -> Compression.GZIP.compress(ByteString.copyFrom(new byte[random.nextInt(16 << 10)]));
            default -> noise(random, random.nextInt(MESSAGE_BYTES_MAX * 2));
        };
        ByteString body = random.nextInt(4) == 0
                ? message
                : new Envelope(random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(2), message).encode();
        if (random.nextInt(3) == 0) {
            body = body.concat(body);
        }
        if (random.nextInt(3) == 0) {
            body = body.substring(0, random.nextInt(body.size() + 1));
        }
        return random.nextInt(3) == 0 ? flipped(body, random) : body;
    }

    private static ByteString flipped(ByteString body, RandomGenerator random) {
        byte[] bytes = body.toByteArray();
        for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return ByteString.copyFrom(bytes);
    }

    private static ByteString noise(RandomGenerator random, int size) {
        var bytes = new byte[size];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private static <T> T pick(List<T> choices, RandomGenerator random) {
        return choices.get(random.nextInt(choices.size()));
    }

    private static long usedBytes() {
        assertThat(Leaks.take()).isEmpty();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory() + Math.max(0, PlatformDependent.usedDirectMemory());
    }

    private static Handler listener(List<String> unexpected) {
        return new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
                    unexpected.add(entry.getLoggerName() + ": " + entry.getMessage() + " "
                            + Objects.toString(entry.getThrown(), ""));
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }
}
