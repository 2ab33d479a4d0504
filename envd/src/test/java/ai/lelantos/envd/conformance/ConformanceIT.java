package ai.lelantos.envd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The official conformance suite, every case of it that our configuration claims.
class ConformanceIT {

    @Test
    void theServerPassesEveryCase() throws Exception {
        Suite.Counts counts = Suite.run("server", ConformanceServer.class);
        assertThat(counts.failed()).as(counts.report()).isZero();
        assertThat(counts.passed()).isEqualTo(counts.total());
        // Both HTTP versions, three protocols, two codecs, two encodings, five stream kinds: fewer cases is a claim
        // lost.
        assertThat(counts.total()).isGreaterThanOrEqualTo(3_800);
        assertThat(Files.readString(Path.of("target/conformance/server.err"))).doesNotContain("LEAK:");
    }

    @Test
    void theClientPassesEveryCaseOfConnect() throws Exception {
        Suite.Counts counts = Suite.run("client", ConformanceClient.class);
        assertThat(counts.failed()).as(counts.report()).isZero();
        assertThat(counts.passed()).isEqualTo(counts.total());
        assertThat(counts.total()).isGreaterThanOrEqualTo(1_744);
        assertThat(Files.readString(Path.of("target/conformance/client.err"))).doesNotContain("LEAK:");
    }
}
