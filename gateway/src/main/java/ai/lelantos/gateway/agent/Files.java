package ai.lelantos.gateway.agent;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClientResponse;

/// A sandbox's files through its agent, streamed both ways.
public final class Files {

    private final Agent agent;

    public Files(Agent agent) {
        this.agent = agent;
    }

    /// An answer of the agent, its body still on the way.
    ///
    /// @param length null when the agent did not say
    public record Download(int status, @Nullable String length, Flux<ByteBuf> body) {}

    /// An answer of the agent, whole: what was written, or why not.
    public record Upload(int status, String text) {}

    /// Opens a file and gives its bytes to the reader as they come.
    public <T> Mono<T> read(
            InetAddress host,
            @Nullable String accessToken,
            String path,
            @Nullable String user,
            java.util.function.Function<Download, Mono<T>> reader) {
        return agent.client()
                .headers(headers -> {
                    token(headers, accessToken);
                    headers.set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
                })
                .get()
                .uri(uri(host, path, user))
                .response((head, content) -> reader.apply(download(head, content)))
                .single();
    }

    /// Writes one file as its bytes come.
    public Mono<Upload> write(
            InetAddress host, @Nullable String accessToken, String path, @Nullable String user, Flux<ByteBuf> body) {
        return agent.client()
                .headers(headers -> {
                    token(headers, accessToken);
                    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
                })
                .post()
                .uri(uri(host, path, user))
                .send(body)
                .responseSingle((head, content) -> content.asString()
                        .defaultIfEmpty("")
                        .map(text -> new Upload(head.status().code(), text)));
    }

    private static Download download(HttpClientResponse head, Flux<ByteBuf> content) {
        return new Download(head.status().code(), head.responseHeaders().get(HttpHeaderNames.CONTENT_LENGTH), content);
    }

    private static void token(io.netty.handler.codec.http.HttpHeaders headers, @Nullable String accessToken) {
        if (accessToken != null) {
            headers.set("X-Access-Token", accessToken);
        }
    }

    private String uri(InetAddress host, String path, @Nullable String user) {
        String query = "?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8)
                + (user == null ? "" : "&username=" + URLEncoder.encode(user, StandardCharsets.UTF_8));
        return "http://" + agent.authority(host) + "/files" + query;
    }
}
