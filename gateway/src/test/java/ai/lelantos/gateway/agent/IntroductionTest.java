package ai.lelantos.gateway.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.http.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.JsonNode;

class IntroductionTest {

    @Test
    void itIsOneLineWhateverItHolds() {
        var introduction = new Introduction(
                "iabc", "base", "token", Map.of("A", "one\ntwo"), Instant.parse("2026-01-02T03:04:05.678Z"));
        assertThat(text(introduction))
                .endsWith("}\n")
                .containsOnlyOnce("\n")
                .contains("\"A\":\"one\\ntwo\"", "\"accessToken\":\"token\"", "\"unixNanos\":1767323045678000000");
    }

    /// Or the real one would be taken for a late one, and its token with it.
    @Test
    void aRehearsalTellsNoTokenAndTimesThatNoClockGoesBackTo() throws IOException {
        List<JsonNode> told = new ArrayList<>();
        int free;
        try (ServerSocket left = new ServerSocket(0)) {
            free = left.getLocalPort();
        }
        Agent nobody = new Agent(free);
        StepVerifier.create(new Rehearsal(nobody).of(InetAddress.getLoopbackAddress(), "iabc", line -> {
                    told.add(Json.parse(line));
                    return Mono.empty();
                }))
                .verifyError(ConnectException.class); // of the command that would have followed
        assertThat(told).hasSizeGreaterThan(1);
        List<Instant> times = told.stream()
                .map(each -> Instant.ofEpochSecond(0, each.get("unixNanos").asLong()))
                .toList();
        assertThat(times)
                .isSorted()
                .doesNotHaveDuplicates()
                .allMatch(time -> time.isBefore(Instant.parse("1971-01-01T00:00:00Z")));
        assertThat(told).allMatch(each -> !each.has("accessToken"));
    }

    private static String text(Introduction introduction) {
        return new String(introduction.line(), StandardCharsets.UTF_8);
    }
}
