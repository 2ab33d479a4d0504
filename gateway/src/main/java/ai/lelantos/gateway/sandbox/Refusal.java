package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Problem;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The answer "no" of this room, without a stack trace.
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// Every reason there is.
    enum Kind {
        NO_SUCH_SANDBOX,
        ALREADY_RUNNING,
        ALREADY_PAUSED,
        BEING_PAUSED,
        BEING_KILLED,
        PAUSE_WHILE_KILLING,
        NOT_RUNNING,
        STILL_MOVING,
        OVER_LIMIT,
        NO_CAPACITY,
        NO_IMAGE,
        BOOT_TIMEOUT,
        BOOT_FAILED,
        PAUSE_FAILED,
        OTHER_NODE,
        BUSY,
        AGENT_UNREACHABLE
    }

    private final Kind kind;
    private final String sandboxId;
    private final String detail;

    Refusal(Kind kind, String sandboxId) {
        this(kind, sandboxId, "");
    }

    /// @param detail a number or a reason where the message has a place for it
    Refusal(Kind kind, String sandboxId, @Nullable String detail) {
        super(kind + " " + sandboxId + " " + detail, null, false, false);
        this.kind = kind;
        this.sandboxId = sandboxId;
        this.detail = detail == null ? "" : detail;
    }

    Kind kind() {
        return kind;
    }

    /// For the one place that makes errors.
    static Optional<Problem> problem(Throwable failure) {
        return failure instanceof Refusal refusal ? Optional.of(refusal.problem()) : Optional.empty();
    }

    /// The one switch from a rule to HTTP.
    Problem problem() {
        return switch (kind) {
            case NO_SUCH_SANDBOX ->
                new Problem(404, "Sandbox \"" + sandboxId + "\" doesn't exist or you don't have access to it");
            case ALREADY_RUNNING -> new Problem(409, "Sandbox " + sandboxId + " is already running");
            case ALREADY_PAUSED ->
                new Problem(409, "Error pausing sandbox - sandbox '" + sandboxId + "' is already paused");
            case BEING_PAUSED -> new Problem(409, "Sandbox \"" + sandboxId + "\" is being paused");
            case BEING_KILLED -> new Problem(409, "Sandbox \"" + sandboxId + "\" is being killed");
            case PAUSE_WHILE_KILLING ->
                new Problem(409, "Sandbox '" + sandboxId + "' cannot be paused while in 'killing' state");
            case NOT_RUNNING -> new Problem(409, "Sandbox \"" + sandboxId + "\" is paused; resume it first");
            case STILL_MOVING ->
                new Problem(409, "Sandbox \"" + sandboxId + "\" is still transitioning. Try again in a moment.");
            case OVER_LIMIT ->
                new Problem(
                        429,
                        "you have reached the maximum number of concurrent E2B sandboxes (" + detail
                                + "); kill or pause one, or raise the team's limit");
            case NO_CAPACITY ->
                new Problem(503, "Failed to place sandbox: " + detail, "sandbox_capacity_unavailable", 1);
            case NO_IMAGE -> new Problem(503, "Failed to place sandbox: " + detail, "sandbox_no_compatible_node");
            case BOOT_TIMEOUT -> new Problem(504, "Failed to place sandbox: " + detail, "sandbox_placement_timeout");
            case BOOT_FAILED -> new Problem(500, "Failed to place sandbox: " + detail, "sandbox_create_failed");
            case PAUSE_FAILED -> new Problem(503, "Error pausing sandbox - " + detail);
            case OTHER_NODE ->
                new Problem(
                        503,
                        "Sandbox \"" + sandboxId + "\" runs on node " + detail
                                + ", which this gateway does not speak for");
            case BUSY -> new Problem(503, "The server has too many transitions in flight", null, 1);
            case AGENT_UNREACHABLE ->
                new Problem(502, "The agent of sandbox \"" + sandboxId + "\" cannot be reached: " + detail);
        };
    }
}
