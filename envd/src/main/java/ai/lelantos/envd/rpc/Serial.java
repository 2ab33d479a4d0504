package ai.lelantos.envd.rpc;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Runs what one call has to do, in order, on a virtual thread that lives while there is something to do.
final class Serial {

    private final EventLoop eventLoop;
    private final String name;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    Serial(EventLoop eventLoop, String name) {
        this.eventLoop = eventLoop;
        this.name = name;
    }

    void run(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        Handover.start(eventLoop, name, this::work);
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
