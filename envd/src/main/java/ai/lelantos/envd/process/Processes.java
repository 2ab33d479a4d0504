package ai.lelantos.envd.process;

import ai.lelantos.protocol.process.ProcessInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Every process the agent started: those that live, and for a while those that ended, so that who attaches a moment
/// too late still learns how.
final class Processes {

    /// Live processes at a time.
    static final int LIVE_MAX = 4_096;

    /// How long an end is remembered, and how many are.
    static final Duration REMEMBERED = Duration.ofSeconds(30);

    private static final int REMEMBERED_MAX = 10_000;

    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Integer, Child> live = new LinkedHashMap<>();
    private final Map<Integer, Ended> ended = new LinkedHashMap<>();

    Processes(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /// Lists a new process. It replaces what had its pid, and the memory of ends under its pid or tag.
    void add(Child child) {
        lock.lock();
        try {
            forget(past -> past.pid() == child.pid()
                    || (child.info().hasTag() && child.info().getTag().equals(past.tag())));
            // A reused pid means that its old owner is dead and only waits for somebody else's output: it goes on
            // for those who listen to it, and is found no more. The newest comes last.
            var _ = live.remove(child.pid());
            live.put(child.pid(), child);
        } finally {
            lock.unlock();
        }
    }

    /// Turns a process into the memory of its end, in one step for everybody who looks.
    void retire(Child child) {
        lock.lock();
        try {
            if (live.remove(child.pid(), child)) {
                String tag = child.info().hasTag() ? child.info().getTag() : null;
                long until = nanoTime.getAsLong() + REMEMBERED.toNanos();
                ended.put(child.pid(), new Ended(child.pid(), tag, child.output(), until));
            } else {
                child.output().forget();
            }
            forgetOld();
        } finally {
            lock.unlock();
        }
    }

    /// Forgets ends whose time is over.
    void sweep() {
        lock.lock();
        try {
            forgetOld();
        } finally {
            lock.unlock();
        }
    }

    List<ProcessInfo> list() {
        lock.lock();
        try {
            return live.values().stream().map(Child::info).toList();
        } finally {
            lock.unlock();
        }
    }

    int count() {
        lock.lock();
        try {
            return live.size();
        } finally {
            lock.unlock();
        }
    }

    Optional<Child> livingWithPid(int pid) {
        lock.lock();
        try {
            return Optional.ofNullable(live.get(pid));
        } finally {
            lock.unlock();
        }
    }

    /// The newest of those with the tag.
    Optional<Child> livingWithTag(String tag) {
        lock.lock();
        try {
            return newest(
                    live.values(),
                    child -> child.info().hasTag() && child.info().getTag().equals(tag));
        } finally {
            lock.unlock();
        }
    }

    /// One that ended a moment ago.
    Optional<Ended> endedWithPid(int pid) {
        lock.lock();
        try {
            forgetOld();
            return Optional.ofNullable(ended.get(pid));
        } finally {
            lock.unlock();
        }
    }

    Optional<Ended> endedWithTag(String tag) {
        lock.lock();
        try {
            forgetOld();
            return newest(ended.values(), past -> tag.equals(past.tag()));
        } finally {
            lock.unlock();
        }
    }

    private static <T> Optional<T> newest(Collection<T> oldestFirst, Predicate<T> wanted) {
        return oldestFirst.stream().filter(wanted).reduce((_, later) -> later);
    }

    private void forgetOld() {
        long now = nanoTime.getAsLong();
        Iterator<Ended> oldestFirst = ended.values().iterator();
        int surplus = ended.size() - REMEMBERED_MAX;
        while (oldestFirst.hasNext()) {
            Ended past = oldestFirst.next();
            if (surplus-- <= 0 && past.until() - now > 0) {
                return;
            }
            oldestFirst.remove();
            past.output().forget();
        }
    }

    private void forget(Predicate<Ended> wanted) {
        for (Ended past : new ArrayList<>(ended.values())) {
            if (wanted.test(past)) {
                ended.remove(past.pid());
                past.output().forget();
            }
        }
    }

    /// The memory of a process: no more than it takes to tell how it ended.
    record Ended(int pid, @Nullable String tag, Output output, long until) {}
}
