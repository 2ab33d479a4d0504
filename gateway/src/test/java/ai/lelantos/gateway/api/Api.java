package ai.lelantos.gateway.api;

import ai.lelantos.gateway.contract.Contract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A client of a gateway on this machine. Every answer is judged by the written contract.
record Api(int port, Contract contract) {

    private static final Duration ANSWER_MAX = Duration.ofSeconds(70);
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /// Sends bodies chunked, as undici does, and judges the answer.
    Answer send(String method, String path, @Nullable String body, Map<String, String> headers) {
        try {
            return trySend(method, path, body, headers);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The same for a gateway that may be gone.
    Answer trySend(String method, String path, @Nullable String body, Map<String, String> headers) throws IOException {
        BodyPublisher publisher = body == null
                ? BodyPublishers.noBody()
                : BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body.getBytes(StandardCharsets.UTF_8)));
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(ANSWER_MAX)
                .method(method, publisher);
        if (body != null && !headers.containsKey("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        headers.forEach(request::header);
        try {
            HttpResponse<byte[]> response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            Answer answer = new Answer(
                    response.statusCode(),
                    new String(response.body(), StandardCharsets.UTF_8),
                    response.headers().map());
            List<String> faults = contract.faults(
                    method,
                    path.indexOf('?') < 0 ? path : path.substring(0, path.indexOf('?')),
                    response.statusCode(),
                    response.headers().firstValue("content-type").orElse(null),
                    response.body());
            if (!faults.isEmpty()) {
                throw new AssertionError(method + " " + path + " breaks the contract: " + faults + " in " + answer);
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// The same call so many times at once; every answer.
    static List<Answer> together(int count, Supplier<Answer> call) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            return Stream.generate(() -> threads.submit(call::get)).limit(count).toList().stream()
                    .map(Api::result)
                    .toList();
        }
    }

    private static Answer result(Future<Answer> call) {
        try {
            return call.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
