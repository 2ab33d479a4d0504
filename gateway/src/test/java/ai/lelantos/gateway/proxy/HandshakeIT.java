package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A server in a sandbox whose queue is full: the kernel cannot shake hands at once, as it does otherwise.
class HandshakeIT {

    private static final int FULL_MS = 200; // a connection that takes longer found no room
    private static final int FILL_MAX = 16; // connections

    private final Stage stage = new Stage();
    private final List<Socket> filling = new ArrayList<>();
    private ServerSocket server;

    @BeforeEach
    void aServerThatTakesNoMore() throws IOException {
        server = stage.prop(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        stage.running.starts("abc");
        while (fits()) {
            assertThat(filling).hasSizeLessThan(FILL_MAX);
        }
    }

    private boolean fits() throws IOException {
        Socket socket = stage.prop(new Socket());
        try {
            socket.connect(server.getLocalSocketAddress(), FULL_MS);
            return filling.add(socket);
        } catch (SocketTimeoutException full) {
            return false;
        }
    }

    @AfterEach
    void close() {
        stage.close();
    }

    private Wire asked() {
        return stage.client()
                .send("POST /x HTTP/1.1\r\nHost: " + server.getLocalPort()
                        + "-abc.localhost\r\nContent-Length: 4\r\n\r\nbody");
    }

    @Test
    void theRequestArrivesWholeAndOnceWhenThereIsRoom() throws IOException {
        Wire client = asked();
        for (Socket each : filling) {
            server.accept().close();
            each.close();
        }
        try (Wire guest = new Wire(server.accept())) {
            assertThat(guest.head()).startsWith("POST /x HTTP/1.1\r\n");
            assertThat(guest.text(4)).isEqualTo("body");
            guest.send(RelayIT.HI);
            assertThat(client.answer()).endsWith("\r\n\r\nhi");
        }
    }

    @Test
    void aServerThatEndsMeanwhileIsAClosedPort() throws IOException {
        Wire client = asked();
        server.close();
        assertThat(client.answer()).startsWith("HTTP/1.1 502 ").contains("The sandbox is running but port is not open");
    }

    /// The contract's thirty seconds, which a client has to wait.
    @Test
    void aServerThatNeverShakesHandsIsAClosedPortWhenTheTimeIsOver() {
        long asked = System.nanoTime();
        String answer = asked().patient(40_000).answer();
        assertThat(answer).startsWith("HTTP/1.1 502 ").contains("The sandbox is running but port is not open");
        assertThat(System.nanoTime() - asked).isGreaterThan(TimeUnit.SECONDS.toNanos(29));
    }

    @Test
    void aClientThatLeavesMeanwhileIsForgotten() throws IOException {
        Wire client = asked();
        await(1);
        client.close();
        await(0);
        for (Socket each : filling) {
            server.accept().close();
            each.close();
        }
        server.setSoTimeout(1_500);
        try (Wire guest = new Wire(server.accept())) {
            assertThat(guest.ended()).as("not a byte of its request came").isTrue();
        } catch (SocketTimeoutException nobody) {
            assertThat(stage.front.inFlight()).isZero();
        }
    }

    /// Until so many exchanges are in flight.
    private void await(int exchanges) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (stage.front.inFlight() != exchanges) {
            assertThat(System.nanoTime() - end).as("ten seconds").isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }
}
