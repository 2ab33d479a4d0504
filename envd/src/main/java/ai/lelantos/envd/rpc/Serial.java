package ai.lelantos.envd.rpc;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Runs what one call has to do, in order, on a virtual thread that lives while there is something to do.
final class Serial {

    private final String name;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private boolean running;

    Serial(String name) {
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
        Thread.ofVirtual().name(name).start(this::work);
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
