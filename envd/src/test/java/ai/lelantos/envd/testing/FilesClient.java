package ai.lelantos.envd.testing;

import ai.lelantos.protocol.filesystem.CreateWatcherRequest;
import ai.lelantos.protocol.filesystem.CreateWatcherResponse;
import ai.lelantos.protocol.filesystem.EntryInfo;
import ai.lelantos.protocol.filesystem.FilesystemEvent;
import ai.lelantos.protocol.filesystem.GetWatcherEventsRequest;
import ai.lelantos.protocol.filesystem.GetWatcherEventsResponse;
import ai.lelantos.protocol.filesystem.ListDirRequest;
import ai.lelantos.protocol.filesystem.ListDirResponse;
import ai.lelantos.protocol.filesystem.MakeDirRequest;
import ai.lelantos.protocol.filesystem.MakeDirResponse;
import ai.lelantos.protocol.filesystem.MoveRequest;
import ai.lelantos.protocol.filesystem.MoveResponse;
import ai.lelantos.protocol.filesystem.RemoveRequest;
import ai.lelantos.protocol.filesystem.RemoveResponse;
import ai.lelantos.protocol.filesystem.RemoveWatcherRequest;
import ai.lelantos.protocol.filesystem.RemoveWatcherResponse;
import ai.lelantos.protocol.filesystem.StatRequest;
import ai.lelantos.protocol.filesystem.StatResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/// A client of the agent's files, as the published ones speak: RPCs, and plain HTTP for content.
public final class FilesClient {

    private static final String SERVICE = "/filesystem.Filesystem/";
    private static final Duration ANSWER_MAX = Duration.ofMinutes(2);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final URI agent;
    private final AgentClient rpc;

    public FilesClient(URI agent) {
        this(agent, new AgentClient(agent));
    }

    private FilesClient(URI agent, AgentClient rpc) {
        this.agent = agent;
        this.rpc = rpc;
    }

    public FilesClient as(String user) {
        return new FilesClient(agent, rpc.as(user));
    }

    public AgentClient rpc() {
        return rpc;
    }

    public EntryInfo stat(String path) {
        return rpc.unary(
                        SERVICE + "Stat",
                        StatRequest.newBuilder().setPath(path).build(),
                        StatResponse.getDefaultInstance())
                .getEntry();
    }

    public EntryInfo makeDir(String path) {
        return rpc.unary(
                        SERVICE + "MakeDir",
                        MakeDirRequest.newBuilder().setPath(path).build(),
                        MakeDirResponse.getDefaultInstance())
                .getEntry();
    }

    public EntryInfo move(String source, String destination) {
        var request = MoveRequest.newBuilder()
                .setSource(source)
                .setDestination(destination)
                .build();
        return rpc.unary(SERVICE + "Move", request, MoveResponse.getDefaultInstance())
                .getEntry();
    }

    public List<EntryInfo> list(String path, int depth) {
        var request = ListDirRequest.newBuilder().setPath(path).setDepth(depth).build();
        return rpc.unary(SERVICE + "ListDir", request, ListDirResponse.getDefaultInstance())
                .getEntriesList();
    }

    public void remove(String path) {
        var request = RemoveRequest.newBuilder().setPath(path).build();
        RemoveResponse _ = rpc.unary(SERVICE + "Remove", request, RemoveResponse.getDefaultInstance());
    }

    public String watch(CreateWatcherRequest request) {
        return rpc.unary(SERVICE + "CreateWatcher", request, CreateWatcherResponse.getDefaultInstance())
                .getWatcherId();
    }

    public String watch(String path, boolean recursive) {
        return watch(CreateWatcherRequest.newBuilder()
                .setPath(path)
                .setRecursive(recursive)
                .build());
    }

    public List<FilesystemEvent> poll(String watcher) {
        var request = GetWatcherEventsRequest.newBuilder().setWatcherId(watcher).build();
        return rpc.unary(SERVICE + "GetWatcherEvents", request, GetWatcherEventsResponse.getDefaultInstance())
                .getEventsList();
    }

    public void unwatch(String watcher) {
        var request = RemoveWatcherRequest.newBuilder().setWatcherId(watcher).build();
        RemoveWatcherResponse _ =
                rpc.unary(SERVICE + "RemoveWatcher", request, RemoveWatcherResponse.getDefaultInstance());
    }

    /// A query of `/files`: names and values in turn.
    public static String query(String... pairs) {
        var query = new StringBuilder("/files");
        for (int i = 0; i < pairs.length; i += 2) {
            query.append(i == 0 ? '?' : '&')
                    .append(pairs[i])
                    .append('=')
                    .append(URLEncoder.encode(pairs[i + 1], StandardCharsets.UTF_8));
        }
        return query.toString();
    }

    /// GET; headers are names and values in turn.
    public HttpResponse<byte[]> get(String target, String... headers) {
        return send(request(target, headers).GET().build());
    }

    public HttpResponse<byte[]> post(String target, BodyPublisher body, String... headers) {
        return send(request(target, headers).POST(body).build());
    }

    /// Uploads one file in the raw form.
    public HttpResponse<byte[]> upload(String path, String user, byte[] content, String... headers) {
        var all = new java.util.ArrayList<>(List.of("Content-Type", "application/octet-stream"));
        all.addAll(List.of(headers));
        return post(
                query("path", path, "username", user),
                HttpRequest.BodyPublishers.ofByteArray(content),
                all.toArray(String[]::new));
    }

    /// A body of `multipart/form-data` with the boundary `edge`: file names and contents in turn, all of form name
    /// `file`.
    public static String form(String... files) {
        var body = new StringBuilder();
        for (int i = 0; i < files.length; i += 2) {
            body.append("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"")
                    .append(files[i])
                    .append("\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                    .append(files[i + 1])
                    .append("\r\n");
        }
        return body.append("--edge--\r\n").toString();
    }

    public HttpResponse<byte[]> postForm(String target, String form, String... headers) {
        var all = new java.util.ArrayList<>(List.of("Content-Type", "multipart/form-data; boundary=edge"));
        all.addAll(List.of(headers));
        return post(target, HttpRequest.BodyPublishers.ofString(form), all.toArray(String[]::new));
    }

    public HttpRequest.Builder request(String target, String... headers) {
        var request = HttpRequest.newBuilder(URI.create(agent + target)).timeout(ANSWER_MAX);
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request;
    }

    public HttpResponse<byte[]> send(HttpRequest request) {
        return send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return HTTP.send(request, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), StandardCharsets.UTF_8);
    }
}
