package ai.lelantos.envd.access;

import ai.lelantos.envd.http.Endpoints;
import ai.lelantos.envd.rpc.RpcErrors;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.DecoratingHttpServiceFunction;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import java.util.Optional;
import java.util.Set;

/// The gate before every call, outermost first: CORS, access token, the user the call names.
public final class AccessRoutes implements DecoratingHttpServiceFunction {

    /// Calls that pass without the token: each of them has a rule of its own.
    private static final Set<String> OPEN = Set.of("GET /health", "GET /files", "POST /files", "POST /init");

    private static final String UNAUTHORIZED =
            "unauthorized access, please provide a valid access token or method signing if supported";

    private final AccessToken token;
    private final Callers callers;

    public AccessRoutes(AccessToken token, Callers callers) {
        this.token = token;
        this.callers = callers;
    }

    @Override
    public HttpResponse serve(HttpService next, ServiceRequestContext context, HttpRequest request) throws Exception {
        RequestHeaders headers = request.headers();
        String wanted = headers.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
        if (request.method() == HttpMethod.OPTIONS && wanted != null) {
            var answer = ResponseHeaders.builder(204);
            Cors.preflight(
                            headers.get(HttpHeaderNames.ORIGIN),
                            wanted,
                            headers.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS))
                    .forEach(answer::add);
            return HttpResponse.of(answer.build());
        }
        HttpResponse response = admitted(next, context, request);
        return headers.contains(HttpHeaderNames.ORIGIN) ? response.mapHeaders(AccessRoutes::shared) : response;
    }

    private HttpResponse admitted(HttpService next, ServiceRequestContext context, HttpRequest request)
            throws Exception {
        boolean open = OPEN.contains(request.method().name() + " " + context.path());
        if (!open && !token.admits(request.headers().get("x-access-token"))) {
            return Endpoints.problem(401, UNAUTHORIZED);
        }
        Optional<Callers.Unknown> unknown = callers.check(request.headers().get(HttpHeaderNames.AUTHORIZATION));
        return unknown.isPresent()
                ? RpcErrors.respond(
                        context,
                        request,
                        ConnectError.of(Code.UNAUTHENTICATED, unknown.get().message()))
                : next.serve(context, request);
    }

    private static ResponseHeaders shared(ResponseHeaders headers) {
        var builder = headers.toBuilder();
        Cors.ACTUAL.forEach(builder::add);
        return builder.build();
    }
}
