package ai.lelantos.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user sets is what holds, and what nobody knows is refused.
class SettingsTest {

    private static final List<Class<? extends Record>> ROOMS = List.of(ServerSettings.class, Secretive.class);

    @TempDir
    private Path folder = Path.of("");

    /// A room with a secret.
    @Setting.Prefix("vault")
    record Secretive(
            @Setting(is = "a secret", secret = true) String word,

            @Setting(value = "20s", is = "how long it waits")
            Duration patience) {}

    @Test
    void environmentBeatsFileBeatsDefault() throws IOException {
        Path yaml = folder.resolve("lelantos.yaml");
        Files.writeString(yaml, "port: 4000\nhost: 0.0.0.0\nvault:\n  word: open\n");
        Settings settings = Settings.read(Map.of("LELANTOS_PORT", "5000", "OTHER", "x"), yaml, ROOMS, List.of());
        assertThat(settings.room(ServerSettings.class).port()).isEqualTo(5000);
        assertThat(settings.room(ServerSettings.class).host()).isEqualTo("0.0.0.0");
        assertThat(settings.room(Secretive.class).patience().toSeconds()).isEqualTo(20);
        assertThat(settings.print()).contains("LELANTOS_VAULT_WORD=********").doesNotContain("open");
    }

    @Test
    void anUnknownNameIsRefusedWithTheNearest() {
        assertThatThrownBy(() -> read(Map.of("LELANTOS_PROT", "1")))
                .isInstanceOf(StartRefused.class)
                .hasMessage("The setting LELANTOS_PROT is unknown: did you mean LELANTOS_PORT?");
        assertThat(Settings.read(Map.of("LELANTOS_PROT", "1"), folder.resolve("none"), ROOMS, List.of("LELANTOS_PROT")))
                .isNotNull();
    }

    @Test
    void aWrongValueSaysWhatWasExpected() {
        assertThatThrownBy(() -> read(Map.of("LELANTOS_PORT", "abc")))
                .hasMessageContaining("LELANTOS_PORT is 'abc' (expected: a number)");
        assertThatThrownBy(() -> read(Map.of("LELANTOS_PORT", "70000")))
                .hasMessageContaining("70000 (expected: 0 to 65535)");
        assertThatThrownBy(() -> read(Map.of("LELANTOS_VAULT_PATIENCE", "soon")))
                .hasMessageContaining("such as 300ms");
    }

    private Settings read(Map<String, String> environment) {
        return Settings.read(environment, folder.resolve("none"), ROOMS, List.of());
    }
}
