package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Traffic to sandboxes that are not running or about to be (contract 5.7), as raw bytes through the front of a gateway
/// whose machines stop in the middle of a pause when told.
class WakeIT {

    private static final String WOKEN = "\"timeout\":300,\"autoPause\":true,\"autoResume\":{\"enabled\":true}";
    private static final String BROWSER = "User-Agent: Mozilla/5.0\r\n";
    private static final int WAIT_MS = 30_000;
    private static final int MOMENT_MS = 200; // in which no answer comes to whom is to wait
    private static final int ROUNDS = 30;
    private static final int CLIENTS = 40; // in each round, one right after the other: some in every moment of a resume

    private final Server server = Server.get();
    private final ServerSocket guest;

    WakeIT() throws IOException {
        guest = new ServerSocket(0, 1_024, InetAddress.getLoopbackAddress());
        Thread.startVirtualThread(this::serve);
    }

    /// What every sandbox serves at the address where all scripted machines are.
    private void serve() {
        while (!guest.isClosed()) {
            try (Socket each = guest.accept()) {
                each.setSoTimeout(WAIT_MS);
                var head = new StringBuilder();
                for (int b = each.getInputStream().read();
                        b >= 0;
                        b = each.getInputStream().read()) {
                    if (head.append((char) b).toString().endsWith("\r\n\r\n")) {
                        break;
                    }
                }
                each.getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException gone) {
                // The test looks at what its clients saw.
            }
        }
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        guest.close();
        server.driver().machines().forEach(each -> each.releaseFreeze());
        server.clear();
    }

    @Test
    void whoAsksDuringAPauseIsServedAfterTheResumeThatFollowsIt() throws Exception {
        String id = server.create(WOKEN);
        server.driver().living().getFirst().holdFreeze();
        var pausing = pausing(id);
        try (Socket client = asking(id, "")) {
            isStillSilent(client);
            server.driver().living().getFirst().releaseFreeze();
            assertThat(pausing.join().status()).isEqualTo(204);
            assertThat(answer(client)).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nhi");
        }
        assertThat(state(id)).isEqualTo("running");
    }

    @Test
    void whoAsksDuringAPauseThatNothingEndsHearsOfItsEnd() throws Exception {
        String id = server.create("");
        server.driver().living().getFirst().holdFreeze();
        var pausing = pausing(id);
        try (Socket client = asking(id, "")) {
            isStillSilent(client);
            server.driver().living().getFirst().releaseFreeze();
            assertThat(pausing.join().status()).isEqualTo(204);
            assertThat(answer(client)).startsWith("HTTP/1.1 502 ").endsWith(notFound(id));
        }
        assertThat(state(id)).isEqualTo("paused");
    }

    /// Also in the moment in which its row says that it runs and its port is not open yet.
    @Test
    void whoeverAsksDuringAResumeIsServedAndThereIsOne() throws Exception {
        String id = server.create(WOKEN);
        for (int round = 0; round < ROUNDS; round++) {
            assertThat(server.post("/sandboxes/" + id + "/pause", "{}").status())
                    .isEqualTo(204);
            List<Socket> clients = new ArrayList<>();
            try {
                for (int i = 0; i < CLIENTS; i++) {
                    clients.add(connected());
                }
                for (Socket each : clients) {
                    ask(each, id, "");
                }
                for (Socket each : clients) {
                    assertThat(answer(each)).as("round " + round).startsWith("HTTP/1.1 200 ");
                }
            } finally {
                for (Socket each : clients) {
                    each.close();
                }
            }
        }
        assertThat(server.get("/v2/sandboxes/" + id + "/logs?search=lifecycle.resumed")
                        .json()
                        .get("logs")
                        .size())
                .isEqualTo(ROUNDS);
    }

    /// A transition of somebody else's, of which only the row tells: it is looked at for some seconds.
    @Test
    void aTransitionThatDoesNotEndIsSaid() throws Exception {
        String id = server.create(WOKEN);
        assertThat(server.post("/sandboxes/" + id + "/pause", "{}").status()).isEqualTo(204);
        String where = "' where state <> 'gone' and id = '" + id + "'";
        server.sql("update sandboxes set state = 'pausing" + where);
        try (Socket program = asking(id, "");
                Socket browser = asking(id, BROWSER)) {
            assertThat(answer(program))
                    .startsWith("HTTP/1.1 409 ")
                    .endsWith(
                            "\r\n\r\n{\"sandboxId\":\"" + id
                                    + "\",\"message\":\"The sandbox is still transitioning. Try again in a moment.\",\"code\":409}");
            assertThat(answer(browser))
                    .startsWith("HTTP/1.1 409 ")
                    .contains("<title>Sandbox Still Transitioning</title>");
        } finally {
            server.sql("update sandboxes set state = 'paused" + where);
        }
        assertThat(ask(id, "")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void aTeamThatRunsAsManyAsItMayIsToldSo() {
        Map<String, String> theirs = Map.of("X-API-Key", server.otherKey());
        String body = "{\"templateID\":\"base\"," + WOKEN + "}";
        List<String> made = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                Answer created = server.send("POST", "/v2/sandboxes", body, theirs);
                assertThat(created.status()).isEqualTo(201);
                made.add(created.json().get("sandboxID").asString());
                if (i == 0) {
                    assertThat(server.send("POST", "/sandboxes/" + made.getFirst() + "/pause", "{}", theirs)
                                    .status())
                            .isEqualTo(204);
                }
            }
            String id = made.getFirst();
            assertThat(ask(id, ""))
                    .startsWith("HTTP/1.1 429 ")
                    .contains("\r\nContent-Type: application/json; charset=utf-8\r\n")
                    .contains("{\"sandboxId\":\"" + id
                            + "\",\"message\":\"you have reached the maximum number of concurrent E2B sandboxes (3)")
                    .endsWith("\",\"code\":429}");
            assertThat(ask(id, BROWSER)).startsWith("HTTP/1.1 429 ").contains("<title>Sandbox Limit Reached</title>");
            assertThat(server.send("GET", "/sandboxes/" + id, null, theirs)
                            .json()
                            .get("state")
                            .asString())
                    .isEqualTo("paused");
        } finally {
            made.forEach(each -> assertThat(server.send("DELETE", "/sandboxes/" + each, null, theirs)
                            .status())
                    .isEqualTo(204));
        }
    }

    @Test
    void whoWasKilledIsNotFoundFromThenOn() throws Exception {
        String running = server.create(WOKEN);
        String paused = server.create(WOKEN);
        assertThat(ask(running, "")).startsWith("HTTP/1.1 200 ");
        assertThat(server.post("/sandboxes/" + paused + "/pause", "{}").status())
                .isEqualTo(204);
        for (String id : List.of(running, paused)) {
            assertThat(server.delete("/sandboxes/" + id).status()).isEqualTo(204);
            assertThat(ask(id, "")).startsWith("HTTP/1.1 502 ").endsWith(notFound(id));
        }
    }

    private CompletableFuture<Answer> pausing(String id) {
        var pausing = CompletableFuture.supplyAsync(() -> server.post("/sandboxes/" + id + "/pause", "{}"));
        LifecycleIT.await(() -> state(id).equals("paused"));
        return pausing;
    }

    private String state(String id) {
        return server.get("/sandboxes/" + id).json().get("state").asString();
    }

    private static String notFound(String id) {
        return "\r\n\r\n{\"sandboxId\":\"" + id + "\",\"message\":\"The sandbox was not found\",\"code\":502}";
    }

    // --- what is asked

    private String ask(String id, String fields) {
        try (Socket client = asking(id, fields)) {
            return answer(client);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Socket asking(String id, String fields) throws IOException {
        Socket client = connected();
        ask(client, id, fields);
        return client;
    }

    private Socket connected() throws IOException {
        var socket = new Socket(
                InetAddress.getLoopbackAddress(), server.gateway().address().getPort());
        socket.setTcpNoDelay(true);
        return socket;
    }

    private void ask(Socket client, String id, String fields) throws IOException {
        client.getOutputStream()
                .write(("GET / HTTP/1.1\r\nHost: " + guest.getLocalPort() + "-" + id
                                + ".lelantos.localhost\r\nConnection: close\r\n" + fields + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private static String answer(Socket client) throws IOException {
        client.setSoTimeout(WAIT_MS);
        return new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private static void isStillSilent(Socket client) throws IOException {
        client.setSoTimeout(MOMENT_MS);
        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
    }
}
