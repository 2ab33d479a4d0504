package ai.lelantos.loadtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OptionsTest {

    private static final Map<String, String> SERVER =
            Map.of("E2B_API_URL", "http://127.0.0.1:3000", "E2B_API_KEY", "e2b_00");

    @Test
    void theEnvironmentNamesTheServer() {
        assertThat(Options.parse(new String[0], SERVER).url()).isEqualTo("http://127.0.0.1:3000");
    }

    @Test
    void anOptionWinsOverTheEnvironment() {
        assertThat(Options.parse(new String[] {"--url", "http://127.0.0.1:1"}, SERVER)
                        .url())
                .isEqualTo("http://127.0.0.1:1");
    }

    @Test
    void mistakesAreNamed() {
        assertThatThrownBy(() -> Options.parse(new String[] {"--only", "exek"}, SERVER))
                .hasMessageContaining("exek")
                .hasMessageContaining("exec");
        assertThatThrownBy(() -> Options.parse(new String[] {"--fast"}, SERVER)).hasMessageContaining("--fast");
        assertThatThrownBy(() -> Options.parse(new String[] {"--json"}, SERVER))
                .hasMessageContaining("--json takes a value");
        assertThatThrownBy(() -> Options.parse(new String[] {"--pid", "me"}, SERVER))
                .hasMessageContaining("me");
        assertThatThrownBy(() -> Options.parse(new String[0], Map.of())).hasMessageContaining("E2B_API_URL");
    }
}
