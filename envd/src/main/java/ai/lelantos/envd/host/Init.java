package ai.lelantos.envd.host;

import ai.lelantos.envd.access.AccessToken;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes the agent a sandbox's own: token, environment, defaults, clock, identity. Calls come one after another, and
/// the same call twice is the same as once.
public final class Init {

    private static final Logger LOG = LoggerFactory.getLogger(Init.class);
    private static final int TURN_SECONDS_MAX = 2;
    private static final String EVENTS_ADDRESS = "192.0.2.1";

    private final AccessToken token;
    private final Globals globals;
    private final BootFacts facts;
    private final Certificates certificates;
    private final ReentrantLock turn = new ReentrantLock();
    private @Nullable Instant lastApplied;

    public Init(AccessToken token, Globals globals, BootFacts facts, Certificates certificates) {
        this.token = token;
        this.globals = globals;
        this.facts = facts;
        this.certificates = certificates;
    }

    /// What came of it: 204, or why not.
    record Outcome(int status, String message) {}

    Outcome apply(byte[] body) {
        InitRequest request;
        try {
            request = InitRequest.parse(body);
        } catch (IllegalArgumentException e) {
            return new Outcome(400, String.valueOf(e.getMessage()));
        }
        try {
            if (!turn.tryLock(TURN_SECONDS_MAX, TimeUnit.SECONDS)) {
                return new Outcome(503, "another initialisation is being applied");
            }
        } catch (InterruptedException _) {
            return new Outcome(503, "the agent is stopping");
        }
        try {
            return inTurn(request);
        } finally {
            turn.unlock();
        }
    }

    private Outcome inTurn(InitRequest request) {
        if (!token.admits(request.accessToken())) {
            return new Outcome(
                    401,
                    request.accessToken() == null
                            ? "access token reset not authorized"
                            : "access token validation failed");
        }
        Instant stamp = request.timestamp();
        if (stamp != null && lastApplied != null && !stamp.isAfter(lastApplied)) {
            return new Outcome(204, "");
        }
        token.replace(request.accessToken());
        settle(request);
        if (stamp != null) {
            lastApplied = stamp;
            facts.correctClock(stamp);
        }
        LOG.debug("initialised as sandbox {}", request.sandboxId());
        return new Outcome(204, "");
    }

    private void settle(InitRequest request) {
        if (request.environment() != null) {
            globals.replaceUser(request.environment());
        }
        if (!request.defaultUser().isEmpty()) {
            globals.setDefaultUser(request.defaultUser());
        }
        if (!request.defaultWorkdir().isEmpty()) {
            globals.setDefaultWorkdir(request.defaultWorkdir());
        }
        if (!request.sandboxId().isEmpty()) {
            globals.setInternal(Globals.SANDBOX_ID, request.sandboxId());
            globals.setInternal("E2B_TEMPLATE_ID", request.templateId());
            facts.identify(request.sandboxId(), request.templateId());
        }
        if (!request.caBundle().isBlank()) {
            certificates.trust(request.caBundle());
        }
        String events =
                request.eventsAddress().isEmpty() && !request.sandboxId().isEmpty()
                        ? EVENTS_ADDRESS
                        : request.eventsAddress();
        if (!events.isEmpty()) {
            globals.setInternal(Globals.EVENTS_ADDRESS, "http://" + events);
            facts.nameEvents(events);
        }
    }
}
