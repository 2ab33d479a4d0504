package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Sandboxes as clients read them.
final class SandboxWire {

    private final Tokens tokens;
    private final @Nullable String domain;

    /// @param domain wildcard domain of sandboxes, null when clients are to use their own
    SandboxWire(Tokens tokens, @Nullable String domain) {
        this.tokens = tokens;
        this.domain = domain;
    }

    /// What create, connect and resume answer.
    Json.Obj sandbox(Sandbox row) {
        boolean publicTraffic = NetworkSettings.stored(row.network(), true).publicTraffic();
        return head(row)
                .putIfPresent("envdAccessToken", row.secure() ? tokens.access(row.id()) : null)
                .put("trafficAccessToken", publicTraffic ? null : tokens.traffic(row.id()))
                .put("domain", domain)
                .put("state", state(row))
                .put("status", state(row));
    }

    Json.Obj listed(Sandbox row) {
        return head(row)
                .put("startedAt", row.startedAt())
                .put("endAt", row.endAt())
                .put("cpuCount", row.cpuCount())
                .put("memoryMB", row.memoryMb())
                .put("diskSizeMB", row.diskMb())
                .put("state", state(row))
                .put("status", state(row))
                .put("metadata", row.metadata())
                .put("volumeMounts", List.of());
    }

    Json.Obj detail(Sandbox row) {
        Json.Obj detail = listed(row)
                .putIfPresent("envdAccessToken", row.secure() ? tokens.access(row.id()) : null)
                .put("domain", domain)
                .put("allowInternetAccess", row.allowInternet())
                .put(
                        "lifecycle",
                        Json.object()
                                .put("autoResume", row.policy().autoResume())
                                .put("onTimeout", row.policy().autoPause() ? "pause" : "kill"));
        if (row.network() != null && Json.parse(row.network()) instanceof ObjectNode network) {
            detail.put("network", network);
        }
        return detail;
    }

    private static Json.Obj head(Sandbox row) {
        return Json.object()
                .put("templateID", row.templateId())
                .put("sandboxID", row.id())
                .put("clientID", SandboxId.CLIENT)
                .put("envdVersion", row.envdVersion())
                .putIfPresent("alias", row.alias());
    }

    private static String state(Sandbox row) {
        return switch (row.state()) {
            case STARTING, RUNNING, KILLING, GONE -> "running";
            case PAUSING, PAUSED, RESUMING -> "paused";
        };
    }
}
