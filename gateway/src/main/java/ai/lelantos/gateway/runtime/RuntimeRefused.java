package ai.lelantos.gateway.runtime;

/// The answer "no" of a driver: expected, without a stack trace, its message fit for a log and for a caller.
public final class RuntimeRefused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /// Why a driver refused.
    public enum Reason {
        /// The template's image, or the agent bundle, is not on this host.
        NO_IMAGE,
        /// As many machines as the settings allow.
        FULL,
        /// The machine ended before its agent answered.
        BOOT_FAILED,
        /// The agent did not answer within the boot limit.
        BOOT_TIMEOUT,
        /// No such machine, or nothing of it was kept.
        NO_MACHINE,
        /// This host lacks something; the message names it and the remedy.
        HOST
    }

    private final Reason reason;

    public RuntimeRefused(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
