package ai.lelantos.connect.client;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.ConnectFailure;
import ai.lelantos.protocol.connect.Headers;
import ai.lelantos.protocol.connect.Timeout;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/// Calls Connect services. Cancelling a subscription ends its call: the peer sees the client leave.
/// Every failure is a [CallFailure]; nothing is retried, because a call may have happened.
public final class ConnectClient {

    static final String USER_AGENT = "lelantos-connect";

    private final HttpClient http;
    private final Codec codec;

    /// Over a client that knows the peer's base address, the HTTP version, TLS and its pool.
    public ConnectClient(HttpClient http, Codec codec) {
        this.http = http.disableRetry(true).compress(false);
        this.codec = codec;
    }

    /// One message there, one message back.
    public <Q extends Message, R extends Message> Mono<UnaryAnswer<R>> unary(
            MethodDescriptor<Q, R> method, Q request, CallOptions options) {
        var exchange = new UnaryExchange<Q, R>(Method.of(method), codec, options);
        Mono<UnaryAnswer<R>> answer = exchange.call(http, request).onErrorMap(ConnectClient::failure);
        return options.timeout()
                .map(timeout -> answer.takeUntilOther(Mono.delay(timeout).then(Mono.error(ConnectClient::late)))
                        .switchIfEmpty(Mono.error(ConnectClient::late)))
                .orElse(answer);
    }

    /// Any kind of stream, as it happens. The requests are taken as fast as the peer takes them; the answers, as the
    /// subscriber does.
    public <Q extends Message, R extends Message> Flux<Part<R>> stream(
            MethodDescriptor<Q, R> method, Publisher<Q> requests, CallOptions options) {
        var exchange = new StreamExchange<Q, R>(Method.of(method), codec, options);
        Flux<Part<R>> parts = exchange.call(http, requests).onErrorMap(ConnectClient::failure);
        return options.timeout()
                .map(timeout -> parts.takeUntilOther(Mono.delay(timeout).then(Mono.error(ConnectClient::late))))
                .orElse(parts);
    }

    /// The messages of a server stream, nothing else.
    public <Q extends Message, R extends Message> Flux<R> messages(
            MethodDescriptor<Q, R> method, Q request, CallOptions options) {
        return stream(method, Mono.just(request), options).<R>handle((part, sink) -> {
            if (part instanceof Part.Message<R>(R message)) {
                sink.next(message);
            }
        });
    }

    static void common(HttpHeaders headers, CallOptions options) {
        headers.set("user-agent", USER_AGENT);
        headers.set(Headers.CONNECT_PROTOCOL_VERSION, "1");
        timeout(headers, options.timeout());
        options.headers().forEach(header -> headers.add(header.getKey(), header.getValue()));
    }

    private static void timeout(HttpHeaders headers, Optional<Duration> timeout) {
        timeout.ifPresent(time -> headers.set(Headers.CONNECT_TIMEOUT_MS, Timeout.toConnect(time)));
    }

    private static CallFailure late() {
        return CallFailure.made(Code.DEADLINE_EXCEEDED, "the call's own deadline passed", Metadata.NONE);
    }

    /// Nothing leaves without a code.
    private static Throwable failure(Throwable cause) {
        return switch (cause) {
            case CallFailure failure -> failure;
            case ConnectFailure failure ->
                CallFailure.made(failure.error().code(), failure.error().message(), Metadata.NONE);
            case IOException io -> CallFailure.made(Code.UNAVAILABLE, "the peer is not reached: " + io, Metadata.NONE);
            default -> CallFailure.made(Code.UNKNOWN, cause.toString(), Metadata.NONE);
        };
    }
}
