package ai.lelantos.gateway.proxy;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A refusal as its reader wants it: JSON for programs, a page for people, plain text for what is no HTTP request of
/// ours.
record ErrorPage(int status, String contentType, String body) {

    private static final Pattern BROWSER =
            Pattern.compile("mozilla|chrome|safari|firefox|edge|opera|msie", Pattern.CASE_INSENSITIVE);
    private static final String JSON = "application/json; charset=utf-8";
    private static final String HTML = "text/html; charset=utf-8";
    private static final String TEXT = "text/plain; charset=utf-8";

    /// The page for a refusal, in the form that the request asks for.
    static ErrorPage of(Refusal refusal, Head request) {
        if (refusal instanceof Refusal.Malformed) {
            return new ErrorPage(refusal.status(), TEXT, refusal.message() + "\n");
        }
        return wantsHtml(request)
                ? new ErrorPage(refusal.status(), HTML, html(refusal, request.value(Field.HOST)))
                : new ErrorPage(refusal.status(), JSON, json(refusal));
    }

    /// Whether a person looks at a browser's window, rather than a script or a program.
    static boolean wantsHtml(Head request) {
        String agent = request.value(Field.USER_AGENT);
        if (agent == null || !BROWSER.matcher(agent).find()) {
            return false;
        }
        String accept = request.value(Field.ACCEPT);
        if (accept != null && accept.contains("application/json") && !accept.contains("text/html")) {
            return false;
        }
        String mode = request.value(Field.SEC_FETCH_MODE);
        if (mode != null) {
            switch (mode.toLowerCase(Locale.ROOT)) {
                case "cors", "no-cors", "same-origin", "websocket" -> {
                    return false;
                }
                case "navigate" -> {
                    return true;
                }
                default -> {}
            }
        }
        return !request.has(Field.X_REQUESTED_WITH);
    }

    static String json(Refusal refusal) {
        String message = "\"message\":" + quoted(refusal.message());
        String code = ",\"code\":" + refusal.status();
        return switch (refusal) {
            case Refusal.NotFound(String id) -> sandbox(id) + message + code + "}";
            case Refusal.PortClosed(String id, int port) -> sandbox(id) + message + ",\"port\":" + port + code + "}";
            case Refusal.TokenMissing(String id) -> sandbox(id) + message + code + "}";
            case Refusal.TokenWrong(String id) -> sandbox(id) + message + code + "}";
            case Refusal.ResumeDenied(String id) -> sandbox(id) + message + code + "}";
            case Refusal.Transitioning(String id) -> sandbox(id) + message + code + "}";
            case Refusal.TeamLimit limit -> sandbox(limit.sandboxId()) + message + code + "}";
            case Refusal.ConnectionLimit(String id, int limit) ->
                sandbox(id) + message + code + ",\"connectionLimit\":" + limit + "}";
            case Refusal.Reserved(String path) -> "{" + message + ",\"path\":" + quoted(path) + code + "}";
            case Refusal.Malformed _, Refusal.ApiAway _ -> "{" + message + code + "}";
        };
    }

    private static String sandbox(String id) {
        return "{\"sandboxId\":" + quoted(id) + ",";
    }

    private static String html(Refusal refusal, @Nullable String host) {
        String at = host == null ? "" : host;
        return switch (refusal) {
            case Refusal.NotFound(String id) ->
                HtmlPage.of("Sandbox Not Found", "The sandbox <b>" + HtmlPage.escaped(id) + "</b> was not found.")
                        .saying("It was ended, its time ran out, or it is paused. Start a new one, or resume "
                                + "it from your program, and load this page again.")
                        .fact("Sandbox", id)
                        .fact("Host", at)
                        .text();
            case Refusal.PortClosed(String id, int port) ->
                HtmlPage.of(
                                "Closed Port Error",
                                "The sandbox is running, but there is no service running on port " + port + ".")
                        .saying("Start your server in the sandbox, have it listen on port " + port
                                + ", and load this page again. A server that has just started may need a moment.")
                        .fact("Sandbox", id)
                        .fact("Port", Integer.toString(port))
                        .fact("Host", at)
                        .text();
            case Refusal.TokenMissing(String id) ->
                HtmlPage.of(
                                "Missing Traffic Access Token",
                                "This sandbox lets in only who brings its traffic access token.")
                        .saying("Send it in the header <code>e2b-traffic-access-token</code>. The program "
                                + "that created the sandbox has it as <code>trafficAccessToken</code>.")
                        .fact("Sandbox", id)
                        .fact("Host", at)
                        .text();
            case Refusal.TokenWrong(String id) ->
                HtmlPage.of(
                                "Invalid Traffic Access Token",
                                "The traffic access token that came with this request isn't this sandbox's.")
                        .saying("Take <code>trafficAccessToken</code> from the program that created the "
                                + "sandbox, and send it in the header <code>e2b-traffic-access-token</code>.")
                        .fact("Sandbox", id)
                        .fact("Host", at)
                        .text();
            case Refusal.ResumeDenied(String id) ->
                HtmlPage.of("Unable to Resume Sandbox", "This sandbox is paused, and this request may not wake it.")
                        .saying(
                                "Bring the sandbox's token, or resume it from the program that created it, and load this page again.")
                        .fact("Sandbox", id)
                        .fact("Host", at)
                        .text();
            case Refusal.Transitioning(String id) ->
                HtmlPage.of("Sandbox Still Transitioning", "The sandbox is being paused or resumed at this moment.")
                        .saying("Load this page again in a few seconds.")
                        .fact("Sandbox", id)
                        .fact("Host", at)
                        .text();
            case Refusal.TeamLimit limit ->
                HtmlPage.of(
                                "Sandbox Limit Reached",
                                "This sandbox is paused, and its team runs as many sandboxes as it may.")
                        .saying("End or pause one of the others, and load this page again.")
                        .fact("Sandbox", limit.sandboxId())
                        .fact("Reason", limit.message())
                        .fact("Host", at)
                        .text();
            case Refusal.ConnectionLimit(String id, int limit) ->
                HtmlPage.of("Too Many Connections", "The sandbox already serves as many connections as it may.")
                        .saying("Close other pages of this sandbox, or wait a moment, and load this page again.")
                        .fact("Sandbox", id)
                        .fact("Limit", Integer.toString(limit))
                        .fact("Host", at)
                        .text();
            case Refusal.Reserved(String path) ->
                HtmlPage.of(
                                "Endpoint Not Available",
                                "This endpoint is reserved for the E2B control plane and is not reachable through the sandbox URL.")
                        .saying("Only the server itself calls it. Everything else of the agent's API is open to you.")
                        .fact("Path", path)
                        .fact("Host", at)
                        .text();
            case Refusal.Malformed _, Refusal.ApiAway _ ->
                HtmlPage.of("Not Available", HtmlPage.escaped(refusal.message()))
                        .saying("Load this page again in a few seconds.")
                        .text();
        };
    }

    static String quoted(String text) {
        var out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
