package ai.lelantos.gateway.agent;

import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.filesystem.ListDirRequest;
import ai.lelantos.protocol.filesystem.ListDirResponse;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClientResponse;

/// A sandbox's files through its agent, streamed both ways.
public final class Files {

    private static final Duration LIST_MAX = Duration.ofSeconds(30);

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

    /// What the agent said of a folder: its entries with status 200, else the agent's words.
    public record Listing(int status, List<EntryInfo> entries, String text) {}

    /// What stands in a folder, not in those below it.
    public Mono<Listing> list(InetAddress host, @Nullable String accessToken, String path, @Nullable String user) {
        byte[] request =
                ListDirRequest.newBuilder().setPath(path).setDepth(1).build().toByteArray();
        return agent.client()
                .headers(headers -> {
                    token(headers, accessToken);
                    headers.set(HttpHeaderNames.CONTENT_TYPE, "application/proto");
                    headers.set("Connect-Protocol-Version", "1");
                    if (user != null) {
                        headers.set(
                                HttpHeaderNames.AUTHORIZATION,
                                "Basic "
                                        + Base64.getEncoder()
                                                .encodeToString((user + ":").getBytes(StandardCharsets.UTF_8)));
                    }
                })
                .post()
                .uri("http://" + agent.authority(host) + "/filesystem.Filesystem/ListDir")
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(request)))
                .responseSingle((head, content) -> content.asByteArray()
                        .defaultIfEmpty(new byte[0])
                        .map(bytes -> listing(head.status().code(), bytes)))
                .timeout(LIST_MAX);
    }

    private static Listing listing(int status, byte[] bytes) {
        if (status != 200) {
            return new Listing(status, List.of(), new String(bytes, StandardCharsets.UTF_8));
        }
        try {
            return new Listing(status, ListDirResponse.parseFrom(bytes).getEntriesList(), "");
        } catch (InvalidProtocolBufferException e) {
            throw new Agent.AgentFailure("the agent sent a listing that cannot be read: " + e.getMessage());
        }
    }

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
