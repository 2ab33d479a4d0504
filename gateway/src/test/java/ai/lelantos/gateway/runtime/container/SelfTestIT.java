package ai.lelantos.gateway.runtime.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The self-test holds on this host, needs no image and leaves nothing behind.
class SelfTestIT {

    @Test
    void fiveWaysOutAreTriedAndNoneIsFound() throws IOException {
        try (House house = new House(House.settings(0, 0))) {
            Instance instance = Instance.of(house.home.resolve("run/selftest"));
            String line = House.get(house.driver().selfTest());
            assertThat(line)
                    .startsWith("container: ")
                    .contains("mount: Operation not permitted")
                    .contains("disk node: Operation not permitted")
                    .contains("kernel setting: Permission denied")
                    .contains("user namespace: Operation not permitted")
                    .contains("host address: ")
                    .doesNotContain("OUT");
            assertThat(instance.run()).doesNotExist();
            assertThat(instance.routerFile()).doesNotExist();
            assertThat(Files.exists(Path.of("/sys/class/net", instance.uplink())))
                    .isFalse();
        }
    }
}
