package ai.lelantos.envd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvdSettingsTest {

    @Test
    void everySettingHasTheDefaultOfASandbox() {
        assertThat(EnvdSettings.from(Map.of("PATH", "/bin")))
                .isEqualTo(new EnvdSettings("0.0.0.0", 49_983, Path.of("/.lelantos/bin/spawn"), "", -20));
    }

    @Test
    void anUnknownSettingIsRefusedWithTheNearestName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EnvdSettings.from(Map.of("LELANTOS_ENVD_PROT", "1")))
                .withMessage("there is no setting LELANTOS_ENVD_PROT; the nearest is LELANTOS_ENVD_PORT");
    }

    @Test
    void aPortIsANumberInRange() {
        for (String bad : new String[] {"", "-1", "65536", "http", "1e3"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> EnvdSettings.from(Map.of("LELANTOS_ENVD_PORT", bad)))
                    .withMessage("LELANTOS_ENVD_PORT is a number from 0 to 65535, not '" + bad + "'");
        }
    }
}
