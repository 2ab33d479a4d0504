package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.Codec;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.connect.ConnectFailure;
import com.linecorp.armeria.common.ExchangeType;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.RoutingContext;
import com.linecorp.armeria.server.ServiceOptions;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.concurrent.Semaphore;

/// Serves one method: from the request's headers to a [ServedCall], or to the refusal they deserve.
final class RpcService<Q, R> implements HttpService {

    /// How long, in milliseconds, the rest of a request may come after its answer: its stream reset before, an HTTP/2
    /// client that is still sending takes the whole exchange for failed.
    private static final ServiceOptions OPTIONS =
            ServiceOptions.builder().closeHttp2StreamDelayMillis(5_000).build();

    private final RpcMethod<Q, R> method;
    private final RpcLimits limits;
    private final Codec json;
    private final Semaphore calls;

    RpcService(RpcMethod<Q, R> method, RpcLimits limits, Codec json, Semaphore calls) {
        this.method = method;
        this.limits = limits;
        this.json = json;
        this.calls = calls;
    }

    /// One message as the answer leaves in one piece, and so in one write of the socket.
    @Override
    public ExchangeType exchangeType(RoutingContext context) {
        return method.givesOneMessage() ? ExchangeType.REQUEST_STREAMING : ExchangeType.BIDI_STREAMING;
    }

    @Override
    public ServiceOptions options() {
        return OPTIONS;
    }

    @Override
    public HttpResponse serve(ServiceRequestContext ctx, HttpRequest request) {
        boolean mayGet = method.descriptor().isSafe() && method.isUnary();
        if (request.method() == HttpMethod.GET && mayGet) {
            return get(ctx, request);
        }
        if (request.method() != HttpMethod.POST) {
            return empty(HttpStatus.METHOD_NOT_ALLOWED, "allow", mayGet ? "GET, POST" : "POST");
        }
        Protocol protocol = ContentType.protocol(request.headers().get("content-type"), method.isUnary(), json);
        if (protocol == null) {
            return empty(
                    HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                    "accept-post",
                    method.isUnary() ? ContentType.ACCEPT_UNARY : ContentType.ACCEPT_STREAM);
        }
        return answer(ctx, request, protocol);
    }

    private HttpResponse get(ServiceRequestContext ctx, HttpRequest request) {
        Protocol protocol;
        try {
            protocol = ConnectGet.of(ctx.query(), json);
        } catch (ConnectFailure refused) {
            return RpcErrors.respond(new ConnectUnary(json), refused.error());
        }
        return protocol == null
                ? empty(HttpStatus.UNSUPPORTED_MEDIA_TYPE, "accept-post", ContentType.ACCEPT_UNARY)
                : answer(ctx, request, protocol);
    }

    private HttpResponse answer(ServiceRequestContext ctx, HttpRequest request, Protocol protocol) {
        if (!calls.tryAcquire()) {
            return RpcErrors.respond(
                    protocol,
                    ConnectError.of(
                            Code.RESOURCE_EXHAUSTED, "more than " + limits.callsMax() + " calls at the same time"));
        }
        ServedCall<Q, R> call;
        try {
            call = new ServedCall<>(ctx, request, method, protocol, limits);
        } catch (ConnectFailure refused) {
            calls.release();
            return RpcErrors.respond(protocol, refused.error());
        }
        call.onOver(calls::release);
        return call.start(request);
    }

    private static HttpResponse empty(HttpStatus status, String header, String value) {
        return HttpResponse.of(
                ResponseHeaders.builder(status)
                        .set(header, value)
                        .contentLength(0)
                        .build(),
                HttpData.empty());
    }
}
