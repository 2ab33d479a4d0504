package ai.lelantos.envd.http;

import java.io.IOException;

/// One plain HTTP call, handled on a virtual thread of its own from the first byte of the request to the last of the
/// answer.
@FunctionalInterface
public interface Endpoint {

    /// Answers the exchange; a [Problem] thrown before an answer began becomes the answer.
    void handle(Exchange exchange) throws IOException;
}
