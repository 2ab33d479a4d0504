package ai.lelantos.gateway.runtime.container;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// One look at something that the kernel is about to do and tells nobody when it has: a group that empties or freezes,
/// a link that goes, a lock that is let go of. Mostly it has happened by the first.
interface Look {

    boolean done() throws IOException;

    /// Looks, and looks again a millisecond later, for at most a second.
    static void await(Look look, String what) throws IOException {
        if (!within(1_000, look)) {
            throw new IOException(what + " did not happen within a second");
        }
    }

    /// Whether it is so by then.
    static boolean within(int millis, Look look) throws IOException {
        for (int looks = 0; looks < millis; looks++) {
            if (look.done()) {
                return true;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return false;
    }
}
