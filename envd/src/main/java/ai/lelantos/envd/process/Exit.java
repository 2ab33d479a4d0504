package ai.lelantos.envd.process;

import ai.lelantos.envd.linux.WaitStatus;
import org.jspecify.annotations.Nullable;

/// How a process ended, in the words of the contract: an exit code, or -1 and the name of a signal.
///
/// @param error why it is a failure; null for exit code 0
record Exit(
        int code, boolean exited, String status, @Nullable String error) {

    private static final String[] SIGNALS = {
        "",
        "hangup",
        "interrupt",
        "quit",
        "illegal instruction",
        "trace/breakpoint trap",
        "aborted",
        "bus error",
        "floating point exception",
        "killed",
        "user defined signal 1",
        "segmentation fault",
        "user defined signal 2",
        "broken pipe",
        "alarm clock",
        "terminated",
    };

    static Exit of(WaitStatus status) {
        if (status.exited()) {
            String text = "exit status " + status.code();
            return new Exit(status.code(), true, text, status.code() == 0 ? null : text);
        }
        String name = status.signal() < SIGNALS.length ? SIGNALS[status.signal()] : "signal " + status.signal();
        String text = "signal: " + name + (status.dumpedCore() ? " (core dumped)" : "");
        return new Exit(-1, false, text, text);
    }
}
