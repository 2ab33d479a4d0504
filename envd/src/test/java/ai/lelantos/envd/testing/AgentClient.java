package ai.lelantos.envd.testing;

import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.EndOfStream;
import ai.lelantos.protocol.connect.Envelope;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A small Connect client of the binary codec, for tests: unary calls, streams read one message at a time, and
/// streams of input. What it cannot read, it throws.
public final class AgentClient {

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration HEAD_MAX = Duration.ofSeconds(60);

    private final URI agent;
    private final List<String> headers;

    public AgentClient(URI agent) {
        this(agent, List.of());
    }

    private AgentClient(URI agent, List<String> headers) {
        this.agent = agent;
        this.headers = List.copyOf(headers);
    }

    /// The same client with one more header on every call.
    public AgentClient header(String name, String value) {
        var more = new ArrayList<>(headers);
        more.add(name);
        more.add(value);
        return new AgentClient(agent, more);
    }

    /// The same client acting as a Linux user.
    public AgentClient as(String user) {
        String pair = Base64.getEncoder().encodeToString((user + ":").getBytes(StandardCharsets.UTF_8));
        return header("Authorization", "Basic " + pair);
    }

    /// Calls and gives the answer; throws [ConnectFailure] with the error of the agent.
    public <T extends Message> T unary(String path, Message request, T answer) {
        byte[] body = request.toByteArray();
        HttpResponse<byte[]> response = send(path, "application/proto", body, HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw ConnectError.parse(
                            new String(response.body(), StandardCharsets.UTF_8),
                            ConnectError.of(ai.lelantos.protocol.connect.Code.UNKNOWN, "HTTP " + response.statusCode()))
                    .toFailure();
        }
        return parse(answer, ByteString.copyFrom(response.body()));
    }

    /// Opens a stream of answers to one message.
    public <T extends Message> Answers<T> stream(String path, Message request, T answer) {
        byte[] body = Envelope.of(request.toByteString()).encode().toByteArray();
        return answers(path, body, answer);
    }

    /// Sends many messages and gives the one answer.
    public <T extends Message> T clientStream(String path, List<? extends Message> requests, T answer) {
        ByteString body = ByteString.EMPTY;
        for (Message request : requests) {
            body = body.concat(Envelope.of(request.toByteString()).encode());
        }
        try (Answers<T> answers = answers(path, body.toByteArray(), answer)) {
            T only = answers.next().orElseThrow();
            if (answers.next().isPresent()) {
                throw new AssertionError("more than one answer to " + path);
            }
            return only;
        }
    }

    private <T extends Message> Answers<T> answers(String path, byte[] body, T answer) {
        HttpResponse<InputStream> response =
                send(path, "application/connect+proto", body, HttpResponse.BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new AssertionError("HTTP " + response.statusCode() + " for the stream " + path);
        }
        return new Answers<>(response.headers(), response.body(), answer);
    }

    private <B> HttpResponse<B> send(
            String path, String contentType, byte[] body, HttpResponse.BodyHandler<B> handler) {
        var request = HttpRequest.newBuilder(agent.resolve(path))
                .timeout(HEAD_MAX)
                .header("Content-Type", contentType)
                .header("Connect-Protocol-Version", "1")
                .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));
        for (int i = 0; i < headers.size(); i += 2) {
            request.header(headers.get(i), headers.get(i + 1));
        }
        try {
            return HTTP.send(request.build(), handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked") // a message's parser gives messages of its own type
    private static <T extends Message> T parse(T prototype, ByteString bytes) {
        try {
            return (T) prototype.getParserForType().parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    /// A stream of answers; closing it before its end is a client that leaves.
    public static final class Answers<T extends Message> implements AutoCloseable {

        private final HttpHeaders headers;
        private final DataInputStream body;
        private final T prototype;
        private @Nullable EndOfStream end;

        private Answers(HttpHeaders headers, InputStream body, T prototype) {
            this.headers = headers;
            this.body = new DataInputStream(body);
            this.prototype = prototype;
        }

        /// A header of the answer.
        public Optional<String> header(String name) {
            return headers.firstValue(name);
        }

        /// The next message, or nothing after a clean end; throws [ConnectFailure] where the stream ends with an error.
        public Optional<T> next() {
            try {
                while (end == null) {
                    int flags = body.read();
                    if (flags < 0) {
                        throw new EOFException("the stream ends without its last envelope");
                    }
                    ByteString payload = ByteString.copyFrom(body.readNBytes(body.readInt()));
                    if ((flags & Envelope.END_STREAM) == 0) {
                        return Optional.of(parse(prototype, payload));
                    }
                    end = EndOfStream.parse(payload);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (end.error() != null) {
                throw end.error().toFailure();
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
