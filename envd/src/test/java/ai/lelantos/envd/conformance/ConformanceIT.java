package ai.lelantos.envd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The official conformance suite, every case of it that our configuration claims.
class ConformanceIT {

    /// Our client holds no buffer of Netty's. Reactor Netty loses one, in one run of forty, when a call is left while
    /// its answer comes (its issue 3683, open); bodies that we did not take would be lost by the dozen.
    private static final int LOST_MAX = 1;

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
        assertThat(leaks(Files.readString(Path.of("target/conformance/client.err"))))
                .isLessThanOrEqualTo(LOST_MAX);
    }

    private static int leaks(String log) {
        return log.split("LEAK:", -1).length - 1;
    }
}
