package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Instant;

/// The time of day that every program of the machine sees.
public final class SystemClock {

    private static final int CLOCK_REALTIME = 0;
    private static final CFunction SETTIME = CFunction.named("clock_settime");

    private SystemClock() {}

    /// Sets it; 0, or minus errno: in a container the clock is not ours to set.
    public static int set(Instant now) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment time = arena.allocate(JAVA_LONG, 2);
            time.setAtIndex(JAVA_LONG, 0, now.getEpochSecond());
            time.setAtIndex(JAVA_LONG, 1, now.getNano());
            return SETTIME.call(state, CLOCK_REALTIME, time.address());
        }
    }
}
