package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/// What the front answers itself: every line of the contract's table, as programs and as browsers see it.
class RefusalsIT {

    private static final String BROWSER = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0";
    private static final String JSON = "\r\nContent-Type: application/json; charset=utf-8\r\n";
    private static final String HTML = "\r\nContent-Type: text/html; charset=utf-8\r\n";
    private static final String GONE =
            "{\"sandboxId\":\"gone\",\"message\":\"The sandbox was not found\",\"code\":502}";

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    private void isJson(String answer, int status, String body) {
        assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains(JSON);
        assertThat(body(answer)).isEqualTo(body);
    }

    private void isHtml(String answer, int status, String title, String... contains) {
        assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains(HTML);
        assertThat(body(answer)).startsWith("<html").endsWith("</html>").contains("<title>" + title + "</title>");
        for (String each : contains) {
            assertThat(body(answer)).contains(each);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | false",
                "User-Agent: curl/8 | false",
                "User-Agent: Mozilla/5.0 | true",
                "User-Agent: x CHROME y | true",
                "User-Agent: Safari | true",
                "User-Agent: fireFox | true",
                "User-Agent: Edge/1 | true",
                "User-Agent: Opera | true",
                "User-Agent: MSIE | true",
                "User-Agent: Mozilla/5.0#Accept: */* | true",
                "User-Agent: Mozilla/5.0#Accept: application/json | false",
                "User-Agent: Mozilla/5.0#Accept: application/json, text/html | true",
                "User-Agent: curl/8#Accept: text/html | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: cors | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: no-cors | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: same-origin | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: websocket | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: navigate | true",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: navigate#X-Requested-With: x | true",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: nested | true",
                "User-Agent: Mozilla/5.0#X-Requested-With: XMLHttpRequest | false",
            })
    void aPageIsForPeopleInBrowsers(String fields, boolean html) {
        String answer = stage.ask(Stage.get("gone", 80, "/", fields.isEmpty() ? new String[0] : fields.split("#", -1)));
        if (html) {
            isHtml(answer, 502, "Sandbox Not Found");
        } else {
            isJson(answer, 502, GONE);
        }
    }

    @Test
    void anUnknownSandboxIsNotFound() {
        isJson(stage.ask(Stage.get("gone", 80, "/")), 502, GONE);
        isJson(stage.ask(Stage.get("gone-6532622b", 80, "/")), 502, GONE);
        isHtml(stage.ask(Stage.get("gone", 80, "/", BROWSER)), 502, "Sandbox Not Found", "gone", "80-gone.localhost");
    }

    @Test
    void aClosedPortIsSaid() throws Exception {
        int port;
        try (var free = new java.net.ServerSocket(0)) {
            port = free.getLocalPort();
        }
        stage.running.starts("abc");
        long asked = System.nanoTime();
        isJson(
                stage.ask(Stage.get("abc", port, "/")),
                502,
                "{\"sandboxId\":\"abc\",\"message\":\"The sandbox is running but port is not open\",\"port\":" + port
                        + ",\"code\":502}");
        assertThat(System.nanoTime() - asked)
                .as("the pauses between five attempts")
                .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(999));
        isHtml(
                stage.ask(Stage.get("abc", port, "/", BROWSER)),
                502,
                "Closed Port Error",
                "no service running on port " + port,
                "abc");
    }

    @Test
    void aServerThatHangsUpBeforeItAnswersIsAClosedPort() {
        for (Guest.Script script : List.<Guest.Script>of(
                Wire::head,
                wire -> wire.socket.setSoLinger(true, 0),
                wire -> wire.send("HTTP/1.1 20"),
                wire -> wire.send("SSH-2.0-x\r\n"))) {
            Guest guest = stage.guest(script);
            stage.running.starts("abc");
            assertThat(stage.ask(Stage.get("abc", guest.port(), "/")))
                    .startsWith("HTTP/1.1 502 ")
                    .contains("port is not open");
        }
    }

    @Test
    void aPortThatOpensWhileWeDialIsReached() throws Exception {
        int port;
        try (var free = new java.net.ServerSocket(0)) {
            port = free.getLocalPort();
        }
        stage.running.starts("abc");
        Wire client = stage.client().send(Stage.get("abc", port, "/"));
        stage.prop(new Guest(port, wire -> {
            if (!wire.head().isEmpty()) {
                wire.send(RelayIT.HI);
            }
        }));
        assertThat(client.answer()).endsWith("\r\n\r\nhi");
    }

    @Test
    void nothingButTheRequestEverReachesAPort() {
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/"))).endsWith("hi");
        assertThat(guest.accepted()).isEqualTo(1);
    }

    @Test
    void privateTrafficNeedsItsToken() {
        Guest guest = stage.guest(RelayIT.HI);
        Route open = stage.running.aRoute("abc");
        stage.running.starts(
                new Route("abc", open.lifecycle(), open.address(), "agent-token", "s3cret", null, Set.of(), -1));
        String lead = "{\"sandboxId\":\"abc\",\"message\":\"Sandbox is secured with traffic access token. ";
        isJson(
                stage.ask(Stage.get("abc", guest.port(), "/")),
                403,
                lead + "Token header 'e2b-traffic-access-token' is missing\",\"code\":403}");
        isJson(
                stage.ask(Stage.get("abc", guest.port(), "/", "E2b-Traffic-Access-Token: wrong")),
                403,
                lead + "Provided token in header 'e2b-traffic-access-token' is invalid\",\"code\":403}");
        isHtml(stage.ask(Stage.get("abc", guest.port(), "/", BROWSER)), 403, "Missing Traffic Access Token", "abc");
        isHtml(
                stage.ask(Stage.get("abc", guest.port(), "/", BROWSER, "e2b-traffic-access-token: x")),
                403,
                "Invalid Traffic Access Token");
        assertThat(guest.accepted()).isZero();
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/", "e2b-Traffic-access-token: s3cret")))
                .endsWith("hi");
    }

    @Test
    void theAgentsPortNeedsNoTrafficTokenAndHasItsOwnName() {
        var seen = new CompletableFuture<String>();
        try (Guest agent = new Guest(Switchboard.AGENT_PORT, wire -> {
            if (seen.complete(wire.head())) {
                wire.send("HTTP/1.1 204 No Content\r\n\r\n");
            }
        })) {
            Route open = stage.running.aRoute("abc");
            stage.running.starts(
                    new Route("abc", open.lifecycle(), open.address(), "a", "s3cret", "masked", Set.of(), -1));
            assertThat(stage.ask(Stage.get("abc", agent.port(), "/health"))).startsWith("HTTP/1.1 204 ");
            assertThat(seen.join())
                    .contains("\r\nHost: 49983-abc.localhost\r\n")
                    .doesNotContain("masked");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/init",
                "/init?x=1",
                "//init",
                "/./init",
                "/x/../init",
                "/%69nit",
                "/init/",
                "/collapse",
                "/freeze",
                "/fsfreeze",
                "/fsthaw",
                "/unfreeze",
                "/upgrade"
            })
    void theAgentsInternalPathsAreReservedWhoeverAsks(String path) {
        for (String id : List.of("gone", "abc")) {
            stage.running.starts("abc");
            String answer = stage.ask("POST " + path + " HTTP/1.1\r\nHost: 49983-" + id
                    + ".localhost\r\nX-Access-Token: x\r\nContent-Length: 0\r\n\r\n");
            assertThat(answer).startsWith("HTTP/1.1 404 ").contains(JSON);
            assertThat(body(answer))
                    .startsWith("{\"message\":\"This endpoint is reserved for the E2B control plane and "
                            + "is not reachable through the sandbox URL\",\"path\":\"/")
                    .endsWith("\",\"code\":404}");
            isHtml(
                    stage.ask(Stage.get(id, 49983, path, BROWSER)),
                    404,
                    "Endpoint Not Available",
                    "reserved for the E2B control plane");
        }
    }

    @Test
    void belowAndBesideInternalPathsEverythingPasses() {
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/init"))).endsWith("hi");
        assertThat(stage.ask(Stage.get("gone", 49983, "/init/x"))).contains("The sandbox was not found");
        assertThat(stage.ask(Stage.get("gone", 49983, "/INIT"))).contains("The sandbox was not found");
    }

    @Test
    void connectionsOverTheLimitAreRefusedAndFreedOnesCountAgain() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            wire.read();
        });
        Route open = stage.running.aRoute("abc");
        stage.running.starts(new Route("abc", open.lifecycle(), open.address(), null, null, null, Set.of(), 2));
        List<Wire> held = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            held.add(stage.client().send(Stage.get("abc", guest.port(), "/")));
            assertThat(held.getLast().until("first")).endsWith("first");
        }
        isJson(
                stage.ask(Stage.get("abc", guest.port(), "/")),
                429,
                "{\"sandboxId\":\"abc\",\"message\":\"The sandbox has too many concurrent incoming "
                        + "connections (limit: 2)\",\"code\":429,\"connectionLimit\":2}");
        isHtml(stage.ask(Stage.get("abc", guest.port(), "/", BROWSER)), 429, "Too Many Connections");
        held.getFirst().close();
        Wire next = stage.client();
        String answer;
        do {
            answer = stage.client().send(Stage.get("abc", guest.port(), "/")).head();
        } while (answer.startsWith("HTTP/1.1 429"));
        assertThat(answer).startsWith("HTTP/1.1 200");
        assertThat(next.socket.isConnected()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "CREDENTIALS, 403, Unable to Resume Sandbox, This sandbox can't be resumed with the "
                + "credentials provided. Check your access token and try again.",
        "TRANSITIONING, 409, Sandbox Still Transitioning, The sandbox is still transitioning. Try again in a moment.",
        "TEAM_LIMIT, 429, Sandbox Limit Reached, you have 20 running",
        "NOT_FOUND, 502, Sandbox Not Found, The sandbox was not found",
    })
    void aSandboxThatIsNotWokenIsToldWhy(Running.Reason reason, int status, String title, String message) {
        stage.running.wakes((_, _) -> Mono.error(new Running.WakeRefused(reason, "you have 20 running")));
        isJson(
                stage.ask(Stage.get("abc", 80, "/")),
                status,
                "{\"sandboxId\":\"abc\",\"message\":\"" + message + "\",\"code\":" + status + "}");
        isHtml(stage.ask(Stage.get("abc", 80, "/", BROWSER)), status, title, "abc");
    }

    @Test
    void aLimitThatNobodyExplainsHasTheContractsSentence() {
        stage.running.wakes((_, _) -> Mono.error(new Running.WakeRefused(Running.Reason.TEAM_LIMIT, "")));
        isJson(
                stage.ask(Stage.get("abc", 80, "/")),
                429,
                "{\"sandboxId\":\"abc\",\"message\":\"Sandbox limit reached\",\"code\":429}");
    }

    @Test
    void whatFailsInUnforeseenWaysIsNotFound() {
        stage.running.wakes((_, _) -> Mono.error(new IllegalStateException("catalog")));
        assertThat(stage.ask(Stage.get("abc", 80, "/"))).contains("The sandbox was not found");
        stage.running.wakes((_, _) -> Mono.empty());
        assertThat(stage.ask(Stage.get("abc", 80, "/"))).contains("The sandbox was not found");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Host: localhost#E2b-Sandbox-Id: abc | missing header",
                "Host: 127.0.0.1:1#E2b-Sandbox-Port: 80 | missing header",
                "Host: sandbox.example.com#E2b-Sandbox-Port: 80#E2b-Sandbox-Id: | missing header",
                "Host: sandbox.example.com | Invalid host",
                "Host: nothing.localhost | Invalid host",
                "Host: nothing.lelantos.localhost:3000 | Invalid host",
                "Host: 80-ABC.localhost | Invalid sandbox ID",
                "Host: [::1]:1#E2b-Sandbox-Port: 80#E2b-Sandbox-Id: a-b | Invalid sandbox ID",
                "Host: x-abc.localhost | Invalid sandbox port",
                "Host: 99999-abc.example.com | Invalid sandbox port",
                "Host: localhost#E2b-Sandbox-Port: 0x50#E2b-Sandbox-Id: abc | Invalid sandbox port",
            })
    void badRoutingIsNamedInPlainText(String head, String message) {
        String answer = stage.ask("GET / HTTP/1.1\r\n" + head.replace("#", "\r\n") + "\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\r\nContent-Type: text/plain; charset=utf-8\r\n");
        assertThat(body(answer)).isEqualTo(message + "\n");
    }

    @Test
    void headersRouteForSharedHostsOnly() {
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
        });
        stage.running.starts("abc");
        String headers = "E2b-Sandbox-Id: abc\r\nE2b-Sandbox-Port: " + guest.port() + "\r\n";
        for (String host : List.of("localhost:3000", "127.0.0.1", "[::1]", "LOCALHOST")) {
            assertThat(stage.ask("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n"))
                    .contains("Host: " + host + "\r\n" + headers);
        }
        assertThat(stage.ask("GET / HTTP/1.1\r\nHost: sandbox.e2b.dev:8443\r\n" + headers + "\r\n"))
                .contains("Host: " + guest.port() + "-abc.e2b.dev:8443\r\n");
        assertThat(stage.ask("GET / HTTP/1.1\r\nHost: 80-other.localhost\r\n" + headers + "\r\n"))
                .contains("\"sandboxId\":\"other\"");
    }

    @Test
    void theHostIsMaskedWhereTheSandboxWishes() {
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
        });
        Route open = stage.running.aRoute("abc");
        stage.running.starts(
                new Route("abc", open.lifecycle(), open.address(), null, null, "p${PORT}.test:${PORT}", Set.of(), -1));
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/", "X-Forwarded-Host: liar")))
                .contains("\r\nHost: p" + guest.port() + ".test:" + guest.port() + "\r\n")
                .contains("X-Forwarded-Host: " + guest.port() + "-abc.localhost\r\n")
                .doesNotContain("liar");
    }
}
