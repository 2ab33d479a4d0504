package ai.lelantos.gateway.proxy;

/// Why the front answers itself instead of the one who was asked.
sealed interface Refusal {

    record Malformed(int status, String message) implements Refusal {}

    record NotFound(String sandboxId) implements Refusal {}

    record PortClosed(String sandboxId, int port) implements Refusal {}

    record TokenMissing(String sandboxId) implements Refusal {}

    record TokenWrong(String sandboxId) implements Refusal {}

    record ResumeDenied(String sandboxId) implements Refusal {}

    record Transitioning(String sandboxId) implements Refusal {}

    /// The reason is in the words of the API, empty when it gave none.
    record TeamLimit(String sandboxId, String reason) implements Refusal {}

    record ConnectionLimit(String sandboxId, int limit) implements Refusal {}

    record Reserved(String path) implements Refusal {}

    record ApiAway() implements Refusal {}

    default int status() {
        return switch (this) {
            case Malformed malformed -> malformed.status();
            case NotFound _, PortClosed _ -> 502;
            case TokenMissing _, TokenWrong _, ResumeDenied _ -> 403;
            case Transitioning _ -> 409;
            case TeamLimit _, ConnectionLimit _ -> 429;
            case Reserved _ -> 404;
            case ApiAway _ -> 503;
        };
    }

    /// The contract's sentence.
    default String message() {
        return switch (this) {
            case Malformed malformed -> malformed.message();
            case NotFound _ -> "The sandbox was not found";
            case PortClosed _ -> "The sandbox is running but port is not open";
            case TokenMissing _ -> SECURED + "Token header 'e2b-traffic-access-token' is missing";
            case TokenWrong _ -> SECURED + "Provided token in header 'e2b-traffic-access-token' is invalid";
            case ResumeDenied _ ->
                "This sandbox can't be resumed with the credentials provided. Check your access token and try again.";
            case Transitioning _ -> "The sandbox is still transitioning. Try again in a moment.";
            case TeamLimit limit -> limit.reason().isEmpty() ? "Sandbox limit reached" : limit.reason();
            case ConnectionLimit over ->
                "The sandbox has too many concurrent incoming connections (limit: " + over.limit() + ")";
            case Reserved _ ->
                "This endpoint is reserved for the E2B control plane and is not reachable through the sandbox URL";
            case ApiAway _ -> "The API is not up yet. Try again in a moment.";
        };
    }

    String SECURED = "Sandbox is secured with traffic access token. ";
}
