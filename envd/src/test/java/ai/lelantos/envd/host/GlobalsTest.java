package ai.lelantos.envd.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class GlobalsTest {

    private final Globals globals = new Globals();

    @Test
    void theSandboxSaysWhatItIsFromTheStart() {
        assertThat(globals.environment()).containsExactly(Map.entry("E2B_SANDBOX", "true"));
        assertThat(globals.defaultUser()).isEqualTo("root");
        assertThat(globals.defaultWorkdir()).isEmpty();
    }

    @Test
    void theUsersVariablesAreReplacedWhole() {
        globals.replaceUser(Map.of("A", "1", "B", "2"));
        globals.replaceUser(Map.of("B", "3"));
        assertThat(globals.environment()).doesNotContainKey("A").containsEntry("B", "3");
    }

    @Test
    void nobodyOverridesTheSandboxsOwnVariables() {
        globals.setInternal("E2B_SANDBOX_ID", "real");
        globals.replaceUser(Map.of("E2B_SANDBOX_ID", "forged"));
        assertThat(globals.environment()).containsEntry("E2B_SANDBOX_ID", "real");
    }
}
