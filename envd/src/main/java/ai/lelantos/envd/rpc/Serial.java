package ai.lelantos.envd.rpc;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Runs what one call has to do, in order: on a virtual thread that lives while there is something to do, or on the
/// connection's event loop, at once if that is where it was told.
final class Serial {

    private final Executor where;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    private Serial(Executor where) {
        this.where = where;
    }

    static Serial onThreads(String name) {
        return new Serial(work -> Thread.ofVirtual().name(name).start(work));
    }

    static Serial on(EventLoop loop) {
        return new Serial(work -> {
            if (loop.inEventLoop()) {
                work.run();
            } else {
                loop.execute(work);
            }
        });
    }

    void run(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        where.execute(this::work);
    }

    private void work() {
        for (Runnable task = next(); task != null; task = next()) {
            task.run();
        }
    }

    private @Nullable Runnable next() {
        synchronized (tasks) {
            Runnable task = tasks.poll();
            running = task != null;
            return task;
        }
    }
}
