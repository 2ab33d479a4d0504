package ai.lelantos.gateway.auth;

import ai.lelantos.gateway.settings.Setting;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What the first team is made of, taken verbatim, and how often anyone may ask.
public record AuthSettings(
        @Setting(is = "the default team's API key; made at first start when empty", secret = true) @Nullable
        String apiKey,

        @Setting(is = "the default user's access token; made at first start when empty", secret = true) @Nullable
        String accessToken,

        @Setting(is = "the administrator's token; made at first start when empty", secret = true) @Nullable
        String adminToken,

        @Setting(is = "the default team's id, a UUID") @Nullable
        String teamId,

        @Setting(is = "the default user's id, a UUID") @Nullable
        String userId,

        @Setting(value = "100", is = "sandboxes the default team may run at once")
        int teamConcurrencyMax,

        @Setting(value = "0", is = "requests per second of one team to one route; 0 for no limit")
        int rateLimit,

        @Setting(value = "0", is = "requests one team may save up for a burst to one route; 0 for the rate itself")
        int rateBurst) {

    public AuthSettings {
        uuid("LELANTOS_TEAM_ID", teamId);
        uuid("LELANTOS_USER_ID", userId);
        if (apiKey != null && KeyFormat.apiKeyBody(apiKey).isEmpty()) {
            throw new IllegalArgumentException(
                    "LELANTOS_API_KEY has another form (expected: e2b_ or lel_, then lowercase hex)");
        }
        if (accessToken != null && KeyFormat.accessTokenBody(accessToken).isEmpty()) {
            throw new IllegalArgumentException(
                    "LELANTOS_ACCESS_TOKEN has another form (expected: sk_e2b_, then lowercase hex)");
        }
        if (teamConcurrencyMax < 1 || rateLimit < 0 || rateBurst < 0) {
            throw new IllegalArgumentException(
                    "LELANTOS_TEAM_CONCURRENCY_MAX, LELANTOS_RATE_LIMIT and LELANTOS_RATE_BURST cannot be negative or, the first, zero");
        }
    }

    private static void uuid(String name, @Nullable String value) {
        if (value != null && !value.equals(parse(value))) {
            throw new IllegalArgumentException(name + " is '" + value + "' (expected: a lowercase UUID)");
        }
    }

    private static String parse(String value) {
        try {
            return UUID.fromString(value).toString();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
