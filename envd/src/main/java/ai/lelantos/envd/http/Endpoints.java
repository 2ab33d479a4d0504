package ai.lelantos.envd.http;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The plain HTTP calls of the agent: one table of paths and methods, and what is said where nothing matches.
public final class Endpoints implements HttpService {

    private static final Logger LOG = LoggerFactory.getLogger(Endpoints.class);

    /// Calls being handled at once; beyond it a caller is told to come back.
    private static final int CALLS_MAX = 1_024;

    /// How long, in milliseconds, the rest of a request may come after its answer: its stream reset before, an HTTP/2
    /// client that is still sending takes the whole exchange for failed.
    private static final ServiceOptions OPTIONS =
            ServiceOptions.builder().closeHttp2StreamDelayMillis(5_000).build();

    private final Map<String, Map<String, Endpoint>> table = new TreeMap<>();
    private final Semaphore calls = new Semaphore(CALLS_MAX);

    /// Adds a call to the table.
    public Endpoints on(String method, String path, Endpoint endpoint) {
        if (table.computeIfAbsent(path, _ -> new TreeMap<>()).putIfAbsent(method, endpoint) != null) {
            throw new IllegalStateException(method + " " + path + " has two endpoints");
        }
        return this;
    }

    /// Serves the table wherever no other service of the server matches.
    public void mount(ServerBuilder server) {
        var _ = server.serviceUnder("/", this);
    }

    /// Says in the contract's shape what the server refuses by itself. The first such handler of a server counts.
    public static void refuseInShape(ServerBuilder server) {
        var _ = server.errorHandler(new Refusals());
    }

    @Override
    public ServiceOptions options() {
        return OPTIONS;
    }

    @Override
    public HttpResponse serve(ServiceRequestContext context, HttpRequest request) {
        Map<String, Endpoint> methods = table.get(context.path());
        if (methods == null) {
            return text(404, "404 page not found\n", "");
        }
        Endpoint endpoint = methods.get(request.method().name());
        if (endpoint == null) {
            return text(405, "Method Not Allowed\n", String.join(", ", methods.keySet()));
        }
        if (!calls.tryAcquire()) {
            return problem(429, "the sandbox is handling " + CALLS_MAX + " calls already, which is its limit");
        }
        var exchange = new Exchange(context, request);
        var _ = Thread.ofVirtual().name(context.path()).start(() -> {
            try {
                run(endpoint, exchange);
            } finally {
                calls.release();
            }
        });
        return exchange.response();
    }

    private static void run(Endpoint endpoint, Exchange exchange) {
        try {
            endpoint.handle(exchange);
        } catch (Problem problem) {
            exchange.refuse(problem.status(), problem.text());
        } catch (ClientLeft _) {
            exchange.abandon();
        } catch (IOException e) {
            exchange.refuse(500, String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            LOG.error("{} failed", exchange.path(), e);
            exchange.refuse(500, "internal error");
        } finally {
            exchange.close();
        }
    }

    /// A refusal in the shape of every plain HTTP call.
    public static HttpResponse problem(int status, String message) {
        return HttpResponse.of(problemHeaders(status), HttpData.ofUtf8(Problem.json(status, message)));
    }

    static ResponseHeaders problemHeaders(int status) {
        return ResponseHeaders.builder(status)
                .add(HttpHeaderNames.CONTENT_TYPE, "application/json; charset=utf-8")
                .add(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff")
                .build();
    }

    private static HttpResponse text(int status, String body, String allow) {
        var headers = ResponseHeaders.builder(status)
                .add(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .add(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff");
        if (!allow.isEmpty()) {
            headers.add(HttpHeaderNames.ALLOW, allow);
        }
        return HttpResponse.of(headers.build(), HttpData.ofUtf8(body));
    }

    /// What the server itself refuses, before any room sees it, says so in the same shape.
    private static final class Refusals implements ServerErrorHandler {

        @Override
        public @Nullable HttpResponse onServiceException(ServiceRequestContext context, Throwable cause) {
            return null;
        }

        @Override
        public AggregatedHttpResponse renderStatus(
                @Nullable ServiceRequestContext context,
                ServiceConfig config,
                @Nullable RequestHeaders headers,
                HttpStatus status,
                @Nullable String description,
                @Nullable Throwable cause) {
            String message = description == null ? status.reasonPhrase() : description;
            return AggregatedHttpResponse.of(
                    problemHeaders(status.code()), HttpData.ofUtf8(Problem.json(status.code(), message)));
        }
    }
}
