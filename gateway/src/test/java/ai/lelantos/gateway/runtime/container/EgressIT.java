package ai.lelantos.gateway.runtime.container;

import static ai.lelantos.gateway.runtime.container.House.get;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.container.egress.Egress;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The way out, against a world in a namespace of its own: documentation addresses, one link to this host.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EgressIT {

    private static final String WORLD = "198.51.100.20";
    private static final String HOST_IN_WORLD = "198.51.100.1";

    private House house;
    private Machine open;
    private Machine offline;
    private ServerSocket site;
    private ServerSocket here;
    private final BlockingQueue<String> visitors = new LinkedBlockingQueue<>();

    @BeforeAll
    void start() throws Exception {
        house = new House(House.settings(0, 0));
        house.program("escape.c", "bin/escape");
        world();
        site = inWorld(() -> new ServerSocket(8080, 16, InetAddress.getByName(WORLD)));
        here = new ServerSocket(0, 16);
        Thread.ofVirtual().start(this::serve);
        List<Machine> none = get(house.driver().start());
        assertThat(none).isEmpty();
        open = get(house.driver().boot(House.SPEC));
        offline = get(house.driver().boot(House.OFFLINE));
    }

    private String name() {
        return "lelw" + house.instance().key();
    }

    private void world() throws IOException {
        String ip = Programs.need("ip", "iproute2").toString();
        var _ = Programs.run("", List.of(ip, "netns", "add", name()));
        var _ = Programs.run(
                "link add %1$s type veth peer name eth0 netns %1$s\naddr add %2$s/24 dev %1$s\nlink set %1$s up\n"
                        .formatted(name(), HOST_IN_WORLD),
                List.of(ip, "-batch", "-"));
        var _ = Programs.run(
                "addr add %s/24 dev eth0\nlink set eth0 up\nlink set lo up\n".formatted(WORLD),
                List.of(ip, "-n", name(), "-batch", "-"));
    }

    private <T> T inWorld(Callable<T> work) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                Kernel.enterNetwork(Path.of("/run/netns", name()));
                result.complete(work.call());
            } catch (Exception failure) {
                result.completeExceptionally(failure);
            }
        });
        return result.get(House.LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    private void serve() {
        while (!site.isClosed()) {
            try (var visitor = site.accept()) {
                visitors.add(visitor.getInetAddress().getHostAddress());
                var _ = visitor.getInputStream().read();
                visitor.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            } catch (IOException closed) {
                // the next visitor, or the end
            }
        }
    }

    @AfterAll
    void stop() throws IOException {
        site.close();
        here.close();
        String ip = Programs.need("ip", "iproute2").toString();
        var _ = Programs.run("", List.of(ip, "netns", "del", name()));
        house.close();
    }

    @Test
    void aMachineThatMayGoOutReachesTheWorldAsThisHost() throws Exception {
        assertThat(house.run(open, 1000, "/bin/escape", "reach-free", WORLD, "8080"))
                .contains("it answers");
        assertThat(visitors.poll(5, TimeUnit.SECONDS)).isEqualTo(HOST_IN_WORLD);
    }

    @Test
    void aMachineThatMayNotGoOutDoesNot() throws Exception {
        assertThat(house.run(offline, 1000, "/bin/escape", "reach", WORLD, "8080"))
                .contains("held: ");
    }

    @Test
    void aPublicAddressOfThisHostIsStillThisHost() throws Exception {
        assertThat(house.run(open, 1000, "/bin/escape", "reach", HOST_IN_WORLD, "" + here.getLocalPort()))
                .contains("held: ");
    }

    @Test
    void aClosedPortOfTheWorldIsRefused() throws Exception {
        assertThat(house.run(open, 1000, "/bin/escape", "reach", WORLD, "8081")).contains("held: Connection re");
    }

    @Test
    void nameQueriesAreCarriedToTheHostsServerAndBack(@TempDir Path directory) throws Exception {
        Path resolvConf = Files.writeString(directory.resolve("resolv.conf"), "# ours\nnameserver 127.18.0.53\n");
        InetSocketAddress queries = new InetSocketAddress("127.18.0.1", 5_353);
        byte[] question = "0123456789ab a question".getBytes(StandardCharsets.UTF_8);
        try (DatagramSocket server = new DatagramSocket(new InetSocketAddress("127.18.0.53", 53));
                DatagramSocket machine = new DatagramSocket(new InetSocketAddress("127.18.0.2", 0));
                Egress relay = Egress.open(here(), new InetSocketAddress("127.18.0.1", 5_354), queries, resolvConf)) {
            assertThat(relay).isNotNull();
            server.setSoTimeout(5_000);
            machine.setSoTimeout(5_000);
            machine.send(new DatagramPacket(question, question.length, queries));
            DatagramPacket asked = new DatagramPacket(new byte[512], 512);
            server.receive(asked);
            assertThat(text(asked)).endsWith("a question");
            byte[] answer = "0123456789ab an answer".getBytes(StandardCharsets.UTF_8);
            server.send(new DatagramPacket(answer, answer.length, asked.getSocketAddress()));
            DatagramPacket told = new DatagramPacket(new byte[512], 512);
            machine.receive(told);
            assertThat(text(told)).endsWith("an answer");
        }
    }

    private static String text(DatagramPacket packet) {
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
    }

    private static Egress.Router here() {
        return new Egress.Router() {
            @Override
            public <T> T inside(Callable<T> work) throws IOException {
                try {
                    return work.call();
                } catch (Exception failure) {
                    throw new IOException(failure);
                }
            }
        };
    }
}
