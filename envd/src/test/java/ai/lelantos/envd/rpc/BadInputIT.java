package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.connect.Envelope;
import ai.lelantos.protocol.connect.EnvelopeCutter;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What is wrong gets the status and code of the specification, and the next call on the same connection is served.
class BadInputIT {

    private static final int MESSAGE_BYTES_MAX = 1 << 10;
    private static final ByteString EMPTY = ByteString.copyFromUtf8("{}");

    private static RpcServer server;
    private static RawConnection connection;

    /// One wrong request, and what it deserves: an HTTP status, and a code for those that reach the protocol.
    private record Case(
            String name,
            String method,
            String path,
            Map<String, String> headers,
            ByteString body,
            int status,
            String code) {}

    @BeforeAll
    static void open() throws IOException {
        server = RpcServer.with(builder ->
                RpcRoutes.mount(builder, List.of(new Echo(), new Echo.Safe()), new RpcLimits(MESSAGE_BYTES_MAX, 8)));
        connection = new RawConnection(server.port());
    }

    @AfterAll
    static void close() throws IOException {
        connection.close();
        server.close();
    }

    @TestFactory
    Stream<DynamicTest> everyWrongRequestIsAnsweredAndTheConnectionStaysUsable() {
        return Stream.concat(unary(), Stream.concat(streams(), get()))
                .map(wrong -> DynamicTest.dynamicTest(wrong.name(), () -> {
                    RawConnection.Reply reply =
                            connection.ask(wrong.method(), wrong.path(), wrong.headers(), wrong.body());
                    assertThat(reply.status()).isEqualTo(wrong.status());
                    assertThat(reply.text()).contains(wrong.code());
                    assertThat(post(Echo.UNARY, "application/json", EMPTY).status())
                            .isEqualTo(200);
                }));
    }

    @Test
    void aStreamThatFailsStillEndsInOneLastEnvelope() throws IOException {
        RawConnection.Reply reply = post(Echo.SERVER_STREAM, "application/connect+json", envelope(0x40, EMPTY));
        var cutter = new EnvelopeCutter(1 << 20, Envelope.END_STREAM);
        cutter.feed(reply.body());
        Envelope last = cutter.next();
        assertThat(last).isNotNull();
        assertThat(last.flags()).isEqualTo(Envelope.END_STREAM);
        assertThat(cutter.next()).isNull();
        cutter.finish();
    }

    @Test
    void moreCallsThanTheLimitAreRefusedUntilOneEnds() throws Exception {
        var silent = new Streams(0);
        try (RpcServer two = RpcServer.with(
                builder -> RpcRoutes.mount(builder, List.of(silent), new RpcLimits(MESSAGE_BYTES_MAX, 1)))) {
            var headers = Map.of("content-type", "application/connect+proto");
            try (var first = new RawConnection(two.port());
                    var second = new RawConnection(two.port())) {
                first.send("POST", Echo.SERVER_STREAM, headers, 5, envelope(0, ByteString.EMPTY));
                silent.started.await();
                RawConnection.Reply refused =
                        second.ask("POST", Echo.SERVER_STREAM, headers, envelope(0, ByteString.EMPTY));
                assertThat(refused.text()).contains("resource_exhausted");
                silent.goOn.countDown();
                assertThat(first.reply().text()).endsWith("{}");
                assertThat(second.ask("POST", Echo.SERVER_STREAM, headers, envelope(0, ByteString.EMPTY))
                                .text())
                        .doesNotContain("resource_exhausted");
            }
        }
    }

    private static Stream<Case> unary() {
        String json = "application/json";
        return Stream.of(
                post("no content type", Echo.UNARY, Map.of(), EMPTY, 415, ""),
                post("another content type", Echo.UNARY, type("text/plain"), EMPTY, 415, ""),
                post("a stream's content type", Echo.UNARY, type("application/connect+json"), EMPTY, 415, ""),
                post("an unknown codec", Echo.UNARY, type("application/yaml"), EMPTY, 415, ""),
                post("no JSON at all", Echo.UNARY, type(json), ByteString.copyFromUtf8("{"), 400, "invalid_argument"),
                post("an empty JSON body", Echo.UNARY, type(json), ByteString.EMPTY, 400, "invalid_argument"),
                post("JSON of another type", Echo.UNARY, type(json), ByteString.copyFromUtf8("[1]"), 400, "unmarshal"),
                post("two JSON messages", Echo.UNARY, type(json), ByteString.copyFromUtf8("{}{}"), 400, "unmarshal"),
                post("JSON in no UTF-8", Echo.UNARY, type(json), ByteString.fromHex("7b22ff"), 400, "UTF-8"),
                post(
                        "broken proto",
                        Echo.UNARY,
                        type("application/proto"),
                        ByteString.fromHex("0aff"),
                        400,
                        "unmarshal"),
                post(
                        "a timeout of letters",
                        Echo.UNARY,
                        with(json, "connect-timeout-ms", "soon"),
                        EMPTY,
                        400,
                        "imeout"),
                post("a negative timeout", Echo.UNARY, with(json, "connect-timeout-ms", "-1"), EMPTY, 400, "imeout"),
                post(
                        "a timeout of eleven digits",
                        Echo.UNARY,
                        with(json, "connect-timeout-ms", "12345678901"),
                        EMPTY,
                        400,
                        "invalid_argument"),
                post(
                        "another protocol version",
                        Echo.UNARY,
                        with(json, "connect-protocol-version", "2"),
                        EMPTY,
                        400,
                        "invalid_argument"),
                post("an unknown compression", Echo.UNARY, with(json, "content-encoding", "br"), EMPTY, 501, "gzip"),
                post("gzip that is none", Echo.UNARY, with(json, "content-encoding", "gzip"), EMPTY, 400, "gzip"),
                post(
                        "a body over the limit",
                        Echo.UNARY,
                        type(json),
                        ByteString.copyFrom(new byte[MESSAGE_BYTES_MAX + 1]),
                        429,
                        "resource_exhausted"),
                new Case("another method", "PUT", Echo.UNARY, type(json), EMPTY, 405, ""),
                post("an unknown path", "/process.Process/Fly", type(json), EMPTY, 404, "404 page not found"));
    }

    private static Stream<Case> streams() {
        String json = "application/connect+json";
        ByteString one = envelope(0, EMPTY);
        return Stream.of(
                post("a unary content type", Echo.SERVER_STREAM, type("application/json"), EMPTY, 415, ""),
                post("no message", Echo.SERVER_STREAM, type(json), ByteString.EMPTY, 200, "unimplemented"),
                post("two messages", Echo.SERVER_STREAM, type(json), one.concat(one), 200, "unimplemented"),
                post("half a header", Echo.SERVER_STREAM, type(json), one.substring(0, 3), 200, "invalid_argument"),
                post("half a message", Echo.SERVER_STREAM, type(json), one.substring(0, 6), 200, "promised 2 bytes"),
                post("an unknown flag", Echo.SERVER_STREAM, type(json), envelope(0x40, EMPTY), 200, "internal"),
                post("a client that ends", Echo.CLIENT_STREAM, type(json), envelope(0x02, EMPTY), 200, "internal"),
                post("compressed without a name", Echo.SERVER_STREAM, type(json), envelope(1, EMPTY), 200, "internal"),
                post(
                        "gzip that is none",
                        Echo.SERVER_STREAM,
                        with(json, "connect-content-encoding", "gzip"),
                        envelope(1, EMPTY),
                        200,
                        "invalid_argument"),
                post(
                        "an unknown compression",
                        Echo.SERVER_STREAM,
                        with(json, "connect-content-encoding", "br"),
                        one,
                        200,
                        "unimplemented"),
                post(
                        "a message over the limit",
                        Echo.CLIENT_STREAM,
                        type(json),
                        ByteString.fromHex("007fffffff"),
                        200,
                        "resource_exhausted"),
                post(
                        "a length beyond 2 GiB",
                        Echo.CLIENT_STREAM,
                        type(json),
                        ByteString.fromHex("00ffffffff"),
                        200,
                        "resource_exhausted"),
                post(
                        "a bad message after a good one",
                        Echo.CLIENT_STREAM,
                        type(json),
                        one.concat(envelope(0, ByteString.copyFromUtf8("[]"))),
                        200,
                        "invalid_argument"),
                post(
                        "a malformed timeout",
                        Echo.SERVER_STREAM,
                        with(json, "connect-timeout-ms", "1s"),
                        one,
                        200,
                        "invalid_argument"),
                post(
                        "a malformed timeout of gRPC-Web",
                        Echo.SERVER_STREAM,
                        with("application/grpc-web+json", "grpc-timeout", "1x"),
                        one,
                        200,
                        "grpc-status: 3"));
    }

    private static Stream<Case> get() {
        return Stream.of(
                get("no query", "", 415, ""),
                get("an unknown codec", "?encoding=yaml&message=x", 415, ""),
                get("no message", "?encoding=json", 400, "message is missing"),
                get("no base64", "?encoding=json&base64=1&message=!!", 400, "base64"),
                get("an unknown compression", "?encoding=json&compression=br&message=%7B%7D", 501, "unimplemented"),
                get("another version", "?connect=v2&encoding=json&message=%7B%7D", 400, "connect must be"),
                get("no message at all in it", "?encoding=json&message=", 400, "unmarshal"),
                new Case("GET of a method with effects", "GET", Echo.UNARY, Map.of(), ByteString.EMPTY, 405, ""));
    }

    private static Case get(String name, String query, int status, String code) {
        return new Case("GET: " + name, "GET", Echo.GET + query, Map.of(), ByteString.EMPTY, status, code);
    }

    private static Case post(
            String name, String path, Map<String, String> headers, ByteString body, int status, String code) {
        return new Case(path + ": " + name, "POST", path, headers, body, status, code);
    }

    private static RawConnection.Reply post(String path, String contentType, ByteString body) throws IOException {
        return connection.ask("POST", path, type(contentType), body);
    }

    private static Map<String, String> type(String contentType) {
        return Map.of("content-type", contentType);
    }

    private static Map<String, String> with(String contentType, String name, String value) {
        return Map.of("content-type", contentType, name, value);
    }

    private static ByteString envelope(int flags, ByteString payload) {
        return new Envelope(flags, payload).encode();
    }
}
