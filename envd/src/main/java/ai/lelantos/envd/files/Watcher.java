package ai.lelantos.envd.files;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.Inotify;
import ai.lelantos.envd.linux.Loop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A watched tree with a reader: what happened waits here, within limits, until it is fetched.
final class Watcher implements AutoCloseable {

    /// Changes nobody fetched. One more and the watch ends, as does the kernel's queue: a gap would go unnoticed.
    private static final int CHANGES_MAX = 65_536;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final WatchedTree tree;
    private List<Change> waiting = new ArrayList<>();
    private @Nullable String failure;
    private boolean closed;
    private boolean pumping;
    private boolean woken;

    Watcher(Loop loop, FilePath root, boolean recursive) throws Errno {
        Inotify inotify = Inotify.open();
        try {
            tree = new WatchedTree(inotify, root, recursive);
        } catch (Errno | RuntimeException e) {
            inotify.close();
            throw e;
        }
        inotify.listen(loop, this::readable);
    }

    /// On the loop: work on files is not for its thread.
    private void readable() {
        lock.lock();
        try {
            if (pumping || closed) {
                return;
            }
            pumping = true;
        } finally {
            lock.unlock();
        }
        var _ = Thread.ofVirtual().name("watch").start(() -> {
            lock.lock();
            try {
                pumping = false;
                pump();
            } finally {
                lock.unlock();
            }
        });
    }

    private void pump() {
        if (closed || failure != null) {
            return;
        }
        try {
            waiting.addAll(tree.next());
            if (waiting.size() > CHANGES_MAX) {
                failure = "more than " + CHANGES_MAX + " events were not fetched";
            }
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
        }
        changed.signalAll();
    }

    /// Everything that has happened by now, also what the kernel has not told us yet. Refuses when the watch ended.
    List<Change> fetch() {
        lock.lock();
        try {
            pump();
            if (!waiting.isEmpty() && failure == null) {
                List<Change> fetched = waiting;
                waiting = new ArrayList<>();
                return fetched;
            }
            if (failure != null) {
                throw Tree.refused(new Refusal.Failed("error watching: " + failure));
            }
            return List.of();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for something to fetch; false when nothing came in time. Returns early when [#wake] is called.
    boolean await(Duration timeout) {
        lock.lock();
        try {
            long left = timeout.toNanos();
            while (waiting.isEmpty() && failure == null && !closed && !woken) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            woken = false;
            return true;
        } catch (InterruptedException _) {
            return true;
        } finally {
            lock.unlock();
        }
    }

    void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                tree.close();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
