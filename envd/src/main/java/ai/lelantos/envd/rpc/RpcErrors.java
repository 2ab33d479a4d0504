package ai.lelantos.envd.rpc;

import ai.lelantos.protocol.connect.Compression;
import ai.lelantos.protocol.connect.ConnectError;
import com.google.protobuf.ByteString;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaders;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;

/// Errors ahead of the RPC layer, in the words of the protocol the request speaks.
public final class RpcErrors {

    private RpcErrors() {}

    /// Unary: the code's HTTP status with the error as JSON, also for requests that are no RPC at all.
    /// Streams and gRPC: 200, with the error at the end.
    public static HttpResponse respond(ServiceRequestContext ctx, HttpRequest request, ConnectError error) {
        return respond(ContentType.forErrors(request.headers().get("content-type")), error);
    }

    static HttpResponse respond(Protocol protocol, ConnectError error) {
        return switch (protocol) {
            case Protocol.Unary unary -> {
                ByteString body = ByteString.copyFromUtf8(error.toJson());
                ResponseHeaders head = unary.failure(error, HttpHeaders.of(), HttpHeaders.of(), body.size());
                yield HttpResponse.of(head, HttpData.wrap(body.toByteArray()));
            }
            case Protocol.Enveloped enveloped -> {
                ResponseHeaders head = enveloped.head(HttpHeaders.of(), Compression.IDENTITY);
                Protocol.Ending ending = enveloped.end(error, HttpHeaders.of());
                HttpData last = ending.last() == null
                        ? HttpData.empty()
                        : HttpData.wrap(ending.last().encode().toByteArray());
                yield HttpResponse.of(head, last, ending.trailers());
            }
        };
    }
}
