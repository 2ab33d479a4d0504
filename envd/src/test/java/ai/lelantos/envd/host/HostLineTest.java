package ai.lelantos.envd.host;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.access.AccessToken;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostLineTest {

    @TempDir
    Path root;

    private final Globals globals = new Globals();
    private ServerSocketChannel line;
    private UnixDomainSocketAddress address;
    private Thread serving;

    @BeforeEach
    void listen() throws IOException {
        Files.createDirectory(root.resolve("etc"));
        address = UnixDomainSocketAddress.of(root.resolve("host"));
        line = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
        var init = new Init(new AccessToken(), globals, new BootFacts(root, false), new Certificates(root));
        var hostLine = new HostLine(init);
        serving = Thread.ofVirtual().start(() -> hostLine.serve(line));
    }

    @AfterEach
    void close() throws Exception {
        line.close();
        serving.join();
    }

    @Test
    void aLineMakesTheAgentTheSandboxItNames() throws IOException {
        assertThat(ask("{\"sandboxId\":\"iabc\",\"templateId\":\"base\",\"envVars\":{\"A\":\"b\"}}\n"))
                .isEqualTo("204 \n");
        assertThat(globals.environment())
                .containsEntry("E2B_SANDBOX_ID", "iabc")
                .containsEntry("A", "b");
        assertThat(root.resolve("run/e2b/.E2B_SANDBOX_ID")).hasContent("iabc");
    }

    @Test
    void whatIsWrongIsSaidInTheAnswer() throws IOException {
        assertThat(ask("nonsense\n")).startsWith("400 ");
        assertThat(ask("{\"accessToken\":\"first\"}\n")).isEqualTo("204 \n");
        assertThat(ask("{\"accessToken\":\"second\"}\n")).isEqualTo("401 access token validation failed\n");
    }

    @Test
    void aNameWithoutATimeGivesWayToAnyIntroduction() throws IOException {
        assertThat(ask("{\"sandboxId\":\"rehearsed\"}\n")).isEqualTo("204 \n");
        assertThat(ask("{\"sandboxId\":\"iabc\",\"accessToken\":\"first\",\"timestamp\":\"2001-01-01T00:00:00Z\"}\n"))
                .isEqualTo("204 \n");
        assertThat(globals.environment()).containsEntry("E2B_SANDBOX_ID", "iabc");
        assertThat(ask("{\"accessToken\":\"second\"}\n")).startsWith("401 ");
    }

    @Test
    void aLineLongerThanAllItMayHoldIsRefused() throws IOException {
        assertThat(ask("x".repeat((4 << 20) + 1))).isEqualTo("400 the line is longer than 4194304 bytes\n");
    }

    @Test
    void aHostThatLeavesHalfWayChangesNothingAndTheNextIsHeard() throws IOException {
        try (var host = SocketChannel.open(address)) {
            int _ = host.write(ByteBuffer.wrap("{\"envVars\":{\"A\":\"lost\"}}".getBytes(StandardCharsets.UTF_8)));
        }
        assertThat(ask("{\"envVars\":{\"B\":\"kept\"}}\n")).isEqualTo("204 \n");
        assertThat(globals.environment()).containsEntry("B", "kept").doesNotContainKey("A");
    }

    private String ask(String text) throws IOException {
        try (var host = SocketChannel.open(address)) {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                int _ = host.write(bytes);
            }
            return new String(Channels.newInputStream(host).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
