package ai.lelantos.envd.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/// One platform thread that waits for everything the kernel tells us: pipes, terminals, ends of processes, file events,
/// and timers. What runs on it never waits for anything else.
public final class Loop implements AutoCloseable {

    /// What one read may fetch; also the size of the buffer all readers of the loop share.
    static final int READ_BYTES_MAX = 32 << 10;

    private static final Logger LOG = System.getLogger(Loop.class.getName());
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int WAIT_MILLIS_MAX = 3_600_000;
    private static final int EFD_NONBLOCK = 04000;
    private static final CFunction EVENTFD = CFunction.named("eventfd");

    private final Epoll epoll;
    private final int wakeup;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = Libc.state(arena);
    private final MemorySegment buffer = arena.allocate(READ_BYTES_MAX, 16);
    private final MemorySegment one = arena.allocate(JAVA_LONG);
    private final Map<Long, Ready> watched = new HashMap<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Thread thread;
    private long lastToken;
    private volatile boolean closed;

    private Loop(String name) throws Errno {
        epoll = new Epoll();
        wakeup = eventfd();
        one.set(JAVA_LONG, 0, 1);
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
    }

    /// A running loop. Its thread is a daemon: it keeps no program alive.
    public static Loop start(String name) {
        try {
            var loop = new Loop(name);
            long _ = loop.watch(loop.wakeup, Epoll.IN, loop::drainWakeup);
            loop.thread.start();
            return loop;
        } catch (Errno e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Runs a task on the loop, soon and in order.
    public void execute(Runnable task) {
        tasks.add(task);
        if (!Thread.currentThread().equals(thread) && !woken.getAndSet(true)) {
            wake();
        }
    }

    /// Runs a task on the loop after a while, unless it is cancelled first.
    public Timer after(Duration delay, Runnable task) {
        var timer = new Timer(this, System.nanoTime() + delay.toNanos(), task);
        execute(() -> {
            if (!timer.cancelled) {
                timers.add(timer);
            }
        });
        return timer;
    }

    /// Ends the thread; what was watched stays open and is no longer heard.
    @Override
    public void close() {
        closed = true;
        execute(() -> {});
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// On the loop: calls back for every event of a descriptor until [#forget]; the token names this watch.
    long watch(int fd, int interest, Ready ready) throws Errno {
        long token = ++lastToken;
        epoll.add(fd, interest, token);
        watched.put(token, ready);
        return token;
    }

    /// On the loop: no more events of this descriptor, not even those already fetched. Before it is closed.
    void forget(int fd, long token) {
        if (watched.remove(token) != null) {
            epoll.remove(fd);
        }
    }

    /// On the loop: memory every callback may use until it returns.
    MemorySegment buffer() {
        return buffer;
    }

    /// On the loop: receives errno of a call.
    MemorySegment state() {
        return state;
    }

    private void run() {
        while (!closed) {
            try {
                int events = epoll.await(timeoutMillis());
                for (int i = 0; i < events; i++) {
                    Ready ready = watched.get(epoll.token(i));
                    if (ready != null) {
                        int event = epoll.event(i);
                        guarded(() -> ready.ready(event));
                    }
                }
                runTimers();
                runTasks();
            } catch (Errno e) {
                LOG.log(Level.ERROR, "the event loop cannot wait", e);
            }
        }
        Descriptors.close(wakeup);
        epoll.close();
        arena.close();
    }

    /// Those that are there now: a task that adds another lets the descriptors have their turn first.
    private void runTasks() {
        woken.set(false);
        for (int left = tasks.size(); left > 0; left--) {
            Runnable task = tasks.poll();
            if (task != null) {
                guarded(task);
            }
        }
    }

    private void runTimers() {
        long now = System.nanoTime();
        for (Timer next = timers.peek(); next != null && next.due - now <= 0; next = timers.peek()) {
            timers.remove(next);
            if (!next.cancelled) {
                guarded(next.task);
            }
        }
    }

    private int timeoutMillis() {
        if (!tasks.isEmpty()) {
            return 0;
        }
        Timer next = timers.peek();
        if (next == null) {
            return -1;
        }
        long millis = (next.due - System.nanoTime() + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI;
        return Math.clamp(millis, 0, WAIT_MILLIS_MAX);
    }

    /// The loop outlives whatever a callback does wrong.
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            LOG.log(Level.ERROR, "a callback of the event loop failed", thrown);
        }
    }

    private void wake() {
        try (Arena call = Arena.ofConfined()) {
            int _ = Descriptors.write(wakeup, one, JAVA_LONG.byteSize(), Libc.state(call));
        }
    }

    private void drainWakeup(int events) {
        int _ = Descriptors.read(wakeup, buffer, JAVA_LONG.byteSize(), state);
    }

    private static int eventfd() throws Errno {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment state = Libc.state(call);
            int made = EVENTFD.call(state, 0, EFD_NONBLOCK | Descriptors.O_CLOEXEC);
            return Errno.check(made, "create an eventfd");
        }
    }

    /// Called on the loop with epoll's event bits.
    @FunctionalInterface
    interface Ready {
        void ready(int events);
    }

    /// A task that waits for its time.
    public static final class Timer implements Comparable<Timer> {

        private final Loop loop;
        private final long due;
        private final Runnable task;
        private volatile boolean cancelled;

        private Timer(Loop loop, long due, Runnable task) {
            this.loop = loop;
            this.due = due;
            this.task = task;
        }

        /// From any thread; a task that is running already finishes.
        public void cancel() {
            cancelled = true;
            loop.execute(() -> loop.timers.remove(this));
        }

        @Override
        public int compareTo(Timer other) {
            return Long.signum(due - other.due);
        }
    }
}
