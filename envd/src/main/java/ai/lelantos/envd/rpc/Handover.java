package ai.lelantos.envd.rpc;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;

/// Starts the virtual threads of an event loop's calls: those of one turn of the loop together at the turn's end, by
/// one thread that starts the others. One by one, the threads that carry them are woken and fall asleep again between
/// any two calls of a busy connection, which costs more than the calls.
final class Handover {

    /// Starts that wait for the end of the turn; one more and they are handed over at once.
    private static final int GATHERED_MAX = 64;

    private static final FastThreadLocal<Handover> OF_THIS_LOOP = new FastThreadLocal<>() {
        @Override
        protected Handover initialValue() {
            return new Handover();
        }
    };

    private record Start(String name, Runnable work) {

        void now() {
            Thread.ofVirtual().name(name).start(work);
        }
    }

    private List<Start> gathered = new ArrayList<>();

    private Handover() {}

    /// Runs the work on a virtual thread of its own; from any thread.
    static void start(EventLoop eventLoop, String name, Runnable work) {
        var start = new Start(name, work);
        if (eventLoop.inEventLoop()) {
            OF_THIS_LOOP.get().add(start, eventLoop);
        } else {
            start.now();
        }
    }

    private void add(Start start, EventLoop eventLoop) {
        gathered.add(start);
        if (gathered.size() >= GATHERED_MAX) {
            all();
        } else if (gathered.size() == 1) {
            eventLoop.execute(this::all); // what a loop gives itself runs after what it is reading
        }
    }

    private void all() {
        List<Start> starts = gathered;
        if (starts.size() == 1) {
            starts.getFirst().now();
            starts.clear();
        } else if (!starts.isEmpty()) {
            gathered = new ArrayList<>();
            Thread.ofVirtual().name("rpc hand-over").start(() -> starts.forEach(Start::now));
        }
    }
}
