package ai.lelantos.gateway.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IntroductionTest {

    @Test
    void itIsOneLineWhateverItHolds() {
        var introduction = new Introduction(
                "iabc", "base", "token", Map.of("A", "one\ntwo"), Instant.parse("2026-01-02T03:04:05.678Z"));
        assertThat(text(introduction))
                .endsWith("}\n")
                .containsOnlyOnce("\n")
                .contains(
                        "\"A\":\"one\\ntwo\"",
                        "\"accessToken\":\"token\"",
                        "\"timestamp\":\"2026-01-02T03:04:05.678Z\"");
    }

    @Test
    void aRehearsalTellsNeitherATokenNorATime() {
        assertThat(text(new Introduction("iabc", "iabc", null, Map.of(), null)))
                .contains("\"sandboxId\":\"iabc\"")
                .doesNotContain("accessToken", "timestamp");
    }

    private static String text(Introduction introduction) {
        return new String(introduction.line(), StandardCharsets.UTF_8);
    }
}
