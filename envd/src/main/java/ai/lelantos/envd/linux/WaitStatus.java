package ai.lelantos.envd.linux;

/// How a process ended, as the kernel encodes it: an exit code and a signal are different things here.
public record WaitStatus(int raw) {

    public boolean exited() {
        return (raw & 0x7f) == 0;
    }

    /// The exit code; only when it [#exited].
    public int code() {
        return raw >> 8 & 0xff;
    }

    /// The signal that ended it; only when it did not exit.
    public int signal() {
        return raw & 0x7f;
    }

    public boolean dumpedCore() {
        return !exited() && (raw & 0x80) != 0;
    }
}
