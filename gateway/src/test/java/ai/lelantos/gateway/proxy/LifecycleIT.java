package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// What exchanges see of a sandbox's life: its end, its pause, its wake.
class LifecycleIT {

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void theEndOfASandboxCutsEveryExchangeAndTheNextRequestFindsNobody() {
        var cut = new CompletableFuture<Integer>();
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            cut.complete(wire.read());
        });
        stage.running.starts("abc");
        Wire client = stage.client().send(Stage.get("abc", guest.port(), "/"));
        assertThat(client.until("first")).contains("Transfer-Encoding: chunked");
        stage.running.ends("abc");

        assertThat(client.rest())
                .as("no chunk ends the body")
                .startsWith("\r\n")
                .doesNotContain("0\r\n");
        assertThat(cut.join()).as("the server in the sandbox sees a reset").isEqualTo(-2);
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/"))).contains("The sandbox was not found");
        assertThat(stage.front.inFlight()).isZero();
    }

    @Test
    void whoStillWaitsForAnAnswerWhenASandboxEndsHearsThatItIsGone() throws Exception {
        var reached = new CountDownLatch(1);
        Guest guest = stage.guest(wire -> {
            wire.head();
            reached.countDown();
            wire.read();
        });
        stage.running.starts("abc");
        Wire client = stage.client().send(Stage.get("abc", guest.port(), "/"));
        assertThat(reached.await(5, TimeUnit.SECONDS)).isTrue();
        stage.running.ends("abc");
        assertThat(client.answer())
                .startsWith("HTTP/1.1 502 ")
                .endsWith("{\"sandboxId\":\"abc\",\"message\":\"The sandbox was not found\",\"code\":502}");
        assertThat(client.send(Stage.get("abc", guest.port(), "/")).answer())
                .as("the connection serves on")
                .contains("The sandbox was not found");
    }

    @Test
    void theEndOfOneSandboxLeavesTheOthersAlone() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
            wire.read();
        });
        Guest slow = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh");
            wire.send(wire.text(1));
        });
        stage.running.starts("abc");
        stage.running.starts("xyz");
        Wire cut = stage.client().send(Stage.get("abc", guest.port(), "/"));
        Wire other = stage.client()
                .send("POST / HTTP/1.1\r\nHost: " + slow.port() + "-xyz.localhost\r\nContent-Length: 1\r\n\r\n");
        assertThat(cut.until("first")).endsWith("first");
        assertThat(other.until("\r\n\r\nh")).endsWith("h");
        stage.running.ends("abc");
        assertThat(cut.ended()).isTrue();
        assertThat(other.send("i").text(1)).isEqualTo("i");
    }

    @Test
    void anOldClientSeesAResetWhereNothingElseTellsACutFromAnEnd() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            wire.read();
        });
        stage.running.starts("abc");
        Wire client = stage.client().send("GET / HTTP/1.0\r\nHost: " + guest.port() + "-abc.localhost\r\n\r\n");
        assertThat(client.until("first")).endsWith("first");
        stage.running.ends("abc");
        assertThat(client.rest()).isEqualTo("!");
    }

    @Test
    void aResumedSandboxIsANewOneToTheProxy() {
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        Wire client = stage.client();
        for (int i = 0; i < 3; i++) {
            assertThat(client.send(Stage.get("abc", guest.port(), "/")).answer())
                    .endsWith("hi");
            stage.running.ends("abc");
            assertThat(client.send(Stage.get("abc", guest.port(), "/")).answer())
                    .contains("not found");
            stage.running.starts("abc");
        }
    }

    /// A request that is still being tried when its sandbox ends never meets who has the address next.
    @Test
    void theNextTenantOfAnAddressGetsNoRequestOfTheOneBefore() throws Exception {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        stage.running.starts("abc");
        Wire client = stage.client().send(Stage.get("abc", port, "/"));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (stage.front.inFlight() == 0) {
            assertThat(System.nanoTime() - end).as("ten seconds").isNegative();
            LockSupport.parkNanos(1_000_000);
        }
        stage.running.ends("abc");
        stage.running.starts("xyz");
        try (var tenant = new ServerSocket(port, 8, InetAddress.getLoopbackAddress())) {
            assertThat(client.answer()).contains("\"sandboxId\":\"abc\",\"message\":\"The sandbox was not found\"");
            tenant.setSoTimeout(1_500); // all attempts together take one second
            assertThatThrownBy(tenant::accept).isInstanceOf(SocketTimeoutException.class);
            stage.client().send(Stage.get("xyz", port, "/mine"));
            try (var wire = new Wire(tenant.accept())) {
                assertThat(wire.head()).startsWith("GET /mine ");
            }
        }
    }

    @Test
    void aPausedSandboxIsWokenAndGetsTheSameRequest() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            seen.complete(head + wire.text(4));
            wire.send(RelayIT.HI);
        });
        Sinks.One<Route> woken = Sinks.one();
        BlockingQueue<Running.Credentials> brought = new LinkedBlockingQueue<>();
        stage.running.wakes((_, credentials) -> {
            brought.add(credentials);
            return woken.asMono();
        });
        Wire client = stage.client()
                .send("POST /x HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\nX-Access-Token: at\r\n"
                        + "e2b-traffic-access-token: tt\r\nContent-Length: 4\r\n\r\nbody");
        assertThat(take(brought)).isEqualTo(new Running.Credentials(guest.port(), "at", "tt"));
        woken.tryEmitValue(stage.running.starts("abc")).orThrow();
        assertThat(client.answer()).endsWith("hi");
        assertThat(seen.join()).startsWith("POST /x ").endsWith("\r\n\r\nbody");
    }

    @Test
    void everybodyWhoAskedDuringAWakeIsServed() {
        Guest guest = stage.guest(RelayIT.HI);
        Sinks.One<Route> woken = Sinks.one();
        BlockingQueue<String> asked = new LinkedBlockingQueue<>();
        stage.running.wakes((id, _) -> {
            asked.add(id);
            return woken.asMono();
        });
        List<Wire> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(stage.client().send(Stage.get("abc", guest.port(), "/")));
        }
        for (int i = 0; i < 20; i++) {
            assertThat(take(asked)).isEqualTo("abc");
        }
        woken.tryEmitValue(stage.running.starts("abc")).orThrow();
        for (Wire client : clients) {
            assertThat(client.answer()).endsWith("hi");
        }
    }

    @Test
    void aClientThatLeavesDuringAWakeIsForgotten() throws Exception {
        var asked = new CountDownLatch(1);
        var cancelled = new CountDownLatch(1);
        stage.running.wakes((_, _) ->
                Mono.<Route>never().doOnSubscribe(_ -> asked.countDown()).doOnCancel(cancelled::countDown));
        Wire client = stage.client().send(Stage.get("abc", 80, "/"));
        assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
        client.close();
        assertThat(cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    }

    private static <T> T take(BlockingQueue<T> queue) {
        try {
            return Objects.requireNonNull(queue.poll(10, TimeUnit.SECONDS));
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
