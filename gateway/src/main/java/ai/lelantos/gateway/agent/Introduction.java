package ai.lelantos.gateway.agent;

import ai.lelantos.gateway.http.Json;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Who a machine is from now on, as its agent wants to hear it.
///
/// @param accessToken null for a sandbox that anybody may command
/// @param now by which the agent sets its clock, and knows an introduction that comes late from a newer one
public record Introduction(
        String sandboxId, String templateId, @Nullable String accessToken, Map<String, String> envVars, Instant now) {

    /// Who runs commands when a client names nobody, and where: what every template has until it can say otherwise.
    static final String DEFAULT_USER = "user";

    private static final String DEFAULT_WORKDIR = "/home/user";

    /// JSON, in which no line ends, and the line's end.
    public byte[] line() {
        byte[] json = Json.bytes(Json.object()
                .putIfPresent("accessToken", accessToken)
                .put("envVars", envVars)
                .put("unixNanos", TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano())
                .put("defaultUser", DEFAULT_USER)
                .put("defaultWorkdir", DEFAULT_WORKDIR)
                .put("sandboxId", sandboxId)
                .put("templateId", templateId));
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }
}
