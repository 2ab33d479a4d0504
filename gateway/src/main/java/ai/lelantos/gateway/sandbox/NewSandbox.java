package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.auth.Team;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.ProblemException;
import ai.lelantos.gateway.template.Bootable;
import ai.lelantos.gateway.template.TemplateRef;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The body of a create, checked in the contract's order: what is wrong with it first is what the caller hears.
///
/// @param timeout empty when the client left it out
record NewSandbox(
        TemplateRef template,
        Optional<Duration> timeout,
        boolean secure,
        Map<String, String> metadata,
        Map<String, String> envVars,
        Body body) {

    private static final int AUTO_RESUME_SECONDS_MIN = 300;
    private static final int IAM_TOKENS_MAX = 5;

    /// Everything that needs no database.
    static NewSandbox of(Body body, boolean v2) {
        String reference = body.string("templateID");
        Optional<Integer> timeout = body.integer("timeout", Integer.MIN_VALUE, Integer.MAX_VALUE);
        Optional<Boolean> secure = body.bool("secure");
        var metadata = body.map("metadata").orElse(Map.of());
        var env = body.map("envVars").orElse(Map.of());
        shapes(body);
        TemplateRef template;
        try {
            template = TemplateRef.parse(reference);
        } catch (TemplateRef.Malformed e) {
            throw new Problem(400, "Invalid template reference: " + e.getMessage()).toException();
        }
        return new NewSandbox(
                template, timeout.map(Duration::ofSeconds), v2 || secure.orElse(false), metadata, env, body);
    }

    /// The row to begin with; everything that comes after the template is found.
    Sandbox row(String id, Team team, Bootable build, Duration usual, String node, Instant now) {
        Duration length = timeout(team.timeoutMax(), timeout.orElse(usual));
        boolean autoPause = body.bool("autoPause").orElse(false);
        boolean autoPauseMemory = autoPauseMemory(autoPause);
        iam();
        Optional<Boolean> allowInternet = body.bool("allow_internet_access");
        NetworkSettings network = NetworkSettings.of(body.object("network"), allowInternet);
        if (!network.publicTraffic() && !secure) {
            throw refuse(
                    "You cannot create a sandbox without public access unless you enable secure envd access via 'secure' flag.");
        }
        if (body.objects("volumeMounts").map(mounts -> !mounts.isEmpty()).orElse(false)) {
            throw refuse("Volume mounts are not enabled.");
        }
        return new Sandbox(
                id,
                team.id(),
                build.templateId(),
                build.alias(),
                build.buildId(),
                build.image(),
                node,
                null,
                SandboxState.STARTING,
                1,
                0,
                now,
                now,
                now.plus(length),
                build.cpuCount(),
                build.memoryMb(),
                build.diskMb(),
                build.envdVersion(),
                secure,
                metadata,
                envVars,
                network.stored(),
                orNull(allowInternet),
                new Sandbox.Policy(autoPause, autoPauseMemory, autoResume(), autoResumeSeconds(team)),
                true);
    }

    static ProblemException tooLong(Duration most) {
        boolean hours = most.equals(Duration.ofHours(most.toHours()));
        return refuse("Timeout cannot be greater than "
                + (hours ? most.toHours() + " hours" : most.toSeconds() + " seconds"));
    }

    /// A length within what a team may have.
    static Duration timeout(Duration most, Duration asked) {
        if (asked.compareTo(most) > 0) {
            throw tooLong(most);
        }
        if (asked.isNegative() || asked.isZero()) {
            throw refuse("Timeout must be greater than 0");
        }
        return asked;
    }

    private static void shapes(Body body) {
        var unused = new Object[] {
            body.bool("autoPause"),
            body.bool("autoPauseMemory"),
            body.bool("allow_internet_access"),
            body.object("network"),
            body.object("mcp"),
            body.object("iam"),
            body.objects("volumeMounts"),
            body.object("autoResume")
                    .map(policy -> policy.bool("enabled")
                            .orElseThrow(() -> Problem.validation("property \"autoResume.enabled\" is missing")
                                    .toException()))
        };
        assert unused.length > 0;
        body.objects("volumeMounts")
                .ifPresent(mounts -> mounts.forEach(mount -> {
                    String pair = mount.string("name") + mount.string("path");
                    assert pair != null;
                }));
    }

    private boolean autoResume() {
        return body.object("autoResume")
                .flatMap(policy -> policy.bool("enabled"))
                .orElse(false);
    }

    private int autoResumeSeconds(Team team) {
        long asked = timeout.map(Duration::toSeconds).orElse((long) AUTO_RESUME_SECONDS_MIN);
        return (int) Math.min(team.timeoutMax().toSeconds(), Math.max(AUTO_RESUME_SECONDS_MIN, asked));
    }

    private boolean autoPauseMemory(boolean autoPause) {
        boolean memory = body.bool("autoPauseMemory").orElse(true);
        if (!memory && !autoPause) {
            throw refuse("autoPauseMemory=false only applies when autoPause is true.");
        }
        if (!memory && autoResume()) {
            throw refuse("autoPauseMemory=false (filesystem-only auto-pause) cannot be combined with "
                    + "autoResume: traffic never resumes a sandbox without its memory.");
        }
        return memory;
    }

    private void iam() {
        Optional<Body> tokens = body.object("iam").flatMap(iam -> iam.object("tokens"));
        if (tokens.isEmpty()) {
            return;
        }
        if (tokens.get().names().size() > IAM_TOKENS_MAX) {
            throw refuse("iam.tokens: " + tokens.get().names().size() + " tokens (at most " + IAM_TOKENS_MAX + ")");
        }
        for (String name : tokens.get().names()) {
            Body token = tokens.get().object(name).orElseThrow();
            if (name.isEmpty()
                    || token.string("audience").isEmpty()
                    || !token.string("tokenType").equals("JWT-SVID")) {
                throw refuse("iam.tokens." + name + ": expected a name, an audience, and tokenType JWT-SVID");
            }
        }
        if (!tokens.get().names().isEmpty()) {
            throw refuse("Sandbox IAM workload tokens are not available for your team.");
        }
    }

    private static @Nullable Boolean orNull(Optional<Boolean> value) {
        return value.isPresent() ? value.get() : null;
    }

    private static ProblemException refuse(String message) {
        return new Problem(400, message).toException();
    }
}
