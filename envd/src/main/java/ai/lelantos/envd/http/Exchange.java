package ai.lelantos.envd.http;

import com.google.gson.JsonObject;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One plain HTTP call: what was asked, and the way to answer it, both blocking.
public final class Exchange {

    /// What a client whose call is refused may go on sending before it hears so.
    private static final long REFUSED_BYTES_MAX = 64L << 30;

    private final ServiceRequestContext context;
    private final HttpRequest request;
    private final HttpResponseWriter response = HttpResponse.streaming();
    private final RequestBody body;
    private boolean begun;

    Exchange(ServiceRequestContext context, HttpRequest request) {
        this.context = context;
        this.request = request;
        this.body = new RequestBody(request, context.eventLoop());
    }

    HttpResponse response() {
        return response;
    }

    public String path() {
        return context.path();
    }

    /// The query's parameters; refuses (400) one that is not UTF-8 or badly escaped.
    public Query query() throws Problem {
        return Query.parse(context.query());
    }

    public @Nullable String header(String name) {
        return request.headers().get(name);
    }

    public boolean has(String header) {
        return request.headers().contains(header);
    }

    /// The headers whose names start with a prefix, by the rest of their names, in lower case; the first value wins.
    public Map<String, String> headersAfter(String prefix) {
        var found = new LinkedHashMap<String, String>();
        request.headers().forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                found.putIfAbsent(name.toString().substring(prefix.length()), value);
            }
        });
        return found;
    }

    /// The length the client announced, or -1.
    public long contentLength() {
        return request.headers().contentLength();
    }

    /// The bytes of the request as they arrive; reading waits for them, and not reading stops the client.
    public RequestBody body() {
        return body;
    }

    /// The JSON object that the body holds; refuses (400) anything else.
    public JsonObject json(int bytesMax) throws IOException {
        byte[] bytes = body.readNBytes(bytesMax + 1);
        if (bytes.length > bytesMax) {
            throw new Problem(413, "the body is larger than " + bytesMax + " bytes");
        }
        return JsonText.object(bytes).orElseThrow(() -> new Problem(400, "the body is not a JSON object"));
    }

    /// Answers with an empty body.
    public void answer(int status, Map<String, String> headers) {
        begin(status, headers);
        response.close();
    }

    /// Answers with a whole text.
    public void answer(int status, Map<String, String> headers, String text) {
        begin(status, headers, HttpData.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /// Begins an answer whose body follows; closing the stream ends it.
    public ResponseBody stream(int status, Map<String, String> headers) {
        begin(status, headers);
        return new ResponseBody(response, context.alloc());
    }

    void refuse(int status, String message) {
        if (begun) {
            abandon();
        } else {
            body.drain(REFUSED_BYTES_MAX);
            begun = true;
            HttpData text = HttpData.ofUtf8(Problem.json(status, message));
            var _ = response.tryWrite(Endpoints.problemHeaders(status).toBuilder()
                    .contentLength(text.length())
                    .build());
            var _ = response.tryWrite(text);
            response.close();
        }
    }

    /// Breaks the answer off so that the client cannot take what it got for the whole.
    void abandon() {
        response.close(new ClientLeft("or its answer could not be finished"));
    }

    private void begin(int status, Map<String, String> headers, HttpData whole) {
        begin(status, headers, whole.length());
        var _ = response.tryWrite(whole);
        response.close();
    }

    private void begin(int status, Map<String, String> headers) {
        begin(status, headers, -1);
    }

    private void begin(int status, Map<String, String> headers, int length) {
        begun = true;
        var head = ResponseHeaders.builder(status);
        headers.forEach(head::add);
        if (length >= 0) {
            head.add(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(length));
        }
        var _ = response.tryWrite(head.build());
    }

    /// Lets go of what the call holds: the rest of a body nobody read.
    void close() {
        body.close();
    }
}
