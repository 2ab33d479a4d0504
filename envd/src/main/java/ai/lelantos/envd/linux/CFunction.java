package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// A function of the C library.
///
/// All of them share one call stub. Numbers and pointers travel in the same registers on every processor we know, and a
/// function does not look at registers it has no parameter for; so six words serve every one of them. A stub for each
/// shape of parameters, as the linker offers, would cost the agent a hundred milliseconds at each start. A pointer is
/// passed as its address: the caller keeps its arena open over the call.
@SuppressWarnings("restricted")
final class CFunction {

    private static final Linker LINKER = Linker.nativeLinker();

    private static final MethodHandle CALL = LINKER.downcallHandle(
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
            Linker.Option.captureCallState("errno"));

    private final MemorySegment address;

    private CFunction(MemorySegment address) {
        this.address = address;
    }

    static CFunction named(String name) {
        return new CFunction(LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no function " + name)));
    }

    /// What the function gave, or minus errno when it gave -1: the kernel's own convention.
    int call(MemorySegment state, long a) {
        return call(state, a, 0, 0, 0, 0, 0);
    }

    int call(MemorySegment state, long a, long b) {
        return call(state, a, b, 0, 0, 0, 0);
    }

    int call(MemorySegment state, long a, long b, long c) {
        return call(state, a, b, c, 0, 0, 0);
    }

    int call(MemorySegment state, long a, long b, long c, long d) {
        return call(state, a, b, c, d, 0, 0);
    }

    int call(MemorySegment state, long a, long b, long c, long d, long e) {
        return call(state, a, b, c, d, e, 0);
    }

    int call(MemorySegment state, long a, long b, long c, long d, long e, long f) {
        int value = (int) word(state, a, b, c, d, e, f);
        return value == -1 ? -Libc.errno(state) : value;
    }

    /// For a function that gives a pointer, null when it fails.
    long pointer(MemorySegment state, long a, long b) {
        return word(state, a, b, 0, 0, 0, 0);
    }

    private long word(MemorySegment state, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) CALL.invokeExact(address, state, a, b, c, d, e, f);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new AssertionError("a call stub throws nothing checked", thrown);
        }
    }
}
