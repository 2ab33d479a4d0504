package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.settings.Setting;
import java.time.Duration;

/// How sandboxes are treated unless they say otherwise.
@Setting.Prefix("sandbox")
public record SandboxSettings(
        @Setting(
                value = "15s",
                is = "time of a sandbox when an E2B client leaves it out of the first version of create and resume")
        Duration timeoutV1,

        @Setting(value = "300s", is = "time of a sandbox when it is left out of the second version")
        Duration timeoutV2,

        @Setting(value = "24h", is = "time of a sandbox when any other client leaves it out")
        Duration timeoutOther,

        @Setting(value = "-1", is = "open connections to one sandbox; -1 for no limit")
        int connectionsMax,

        @Setting(value = "5s", is = "how often each sandbox is measured")
        Duration metricsEvery,

        @Setting(value = "7d", is = "how long logs, events and metrics are kept, also of sandboxes that are gone")
        Duration retention,

        @Setting(value = "10000", is = "lines of process output kept for one sandbox")
        int outputLinesMax,

        @Setting(value = "49983", is = "port the agent listens on")
        int agentPort) {

    public SandboxSettings {
        if (metricsEvery.compareTo(Duration.ofSeconds(5)) > 0 || metricsEvery.toMillis() < 100) {
            throw new IllegalArgumentException(
                    "LELANTOS_SANDBOX_METRICS_EVERY is " + metricsEvery.toMillis() + " ms (expected: 100ms to 5s)");
        }
    }
}
