package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.protocol.FileSignature;
import ai.lelantos.protocol.FileSignature.Operation;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Signed file links that came without the name of their sandbox: the signature itself tells whose token made it.
final class SignedLink {

    private SignedLink() {}

    /// The sandbox whose token signed this request, null when none did. Whether the link still holds is the agent's to
    /// say.
    static @Nullable Route find(Head head, Collection<Route> routes) {
        Map<String, List<String>> query = query(head.target());
        String signature = first(query, "signature");
        OptionalLong expiration = seconds(first(query, "signature_expiration"));
        if (signature.isEmpty() || expiration == null) {
            return null;
        }
        Operation operation = head.methodIs("POST") || head.methodIs("PUT") ? Operation.WRITE : Operation.READ;
        var claim = new FileSignature(first(query, "path"), operation, first(query, "username"), expiration);
        for (Route route : routes) {
            String token = route.accessToken();
            if (token != null && claim.isSignedBy(token, signature)) {
                return route;
            }
        }
        return null;
    }

    private static Map<String, List<String>> query(String target) {
        try {
            return new QueryStringDecoder(target).parameters();
        } catch (IllegalArgumentException malformed) {
            return Map.of();
        }
    }

    private static String first(Map<String, List<String>> query, String name) {
        List<String> values = query.get(name);
        return values == null ? "" : values.getFirst();
    }

    private static @Nullable OptionalLong seconds(String text) {
        try {
            return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException malformed) {
            return null;
        }
    }
}
