package ai.lelantos.gateway.sandbox;

import org.springframework.http.HttpHeaders;

/// Which family a client is of, where the contract lets answers differ by it.
final class Clients {

    private Clients() {}

    /// E2B's SDKs, its CLI, and its backend suite.
    static boolean ofE2b(HttpHeaders headers) {
        String agent = headers.getFirst(HttpHeaders.USER_AGENT);
        return "e2b".equals(headers.getFirst("publisher")) || (agent != null && agent.contains("e2b-"));
    }
}
