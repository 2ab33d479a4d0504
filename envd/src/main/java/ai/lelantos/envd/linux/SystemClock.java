package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Instant;

/// The time of day that every program of the machine sees.
public final class SystemClock {

    private static final int CLOCK_REALTIME = 0;
    private static final MethodHandle SETTIME =
            Libc.function("clock_settime", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    private SystemClock() {}

    /// Sets it; 0, or minus errno: in a container the clock is not ours to set.
    public static int set(Instant now) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment time = arena.allocate(JAVA_LONG, 2);
            time.setAtIndex(JAVA_LONG, 0, now.getEpochSecond());
            time.setAtIndex(JAVA_LONG, 1, now.getNano());
            return Libc.result((int) SETTIME.invokeExact(state, CLOCK_REALTIME, time), state);
        } catch (Throwable thrown) {
            throw Libc.unreachable(thrown);
        }
    }
}
