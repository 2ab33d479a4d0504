package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.PoolState;
import java.io.IOException;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Cells made ahead: the namespaces, network and devices that every boot needs, whatever its template.
final class Slots implements AutoCloseable {

    private final Ground ground;
    private final Places places;
    private final Shelf open = new Shelf();
    private final Shelf closed = new Shelf();
    private final AtomicInteger making = new AtomicInteger();
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();

    /// The cells of one kind, and how many of it to keep.
    private static final class Shelf {
        final Deque<Cell> ready = new ConcurrentLinkedDeque<>();
        volatile int target;
    }

    Slots(Ground ground, Places places) {
        this.ground = ground;
        this.places = places;
        open.target = ground.settings().slotsReady();
    }

    /// A cell, made now when none is ready.
    Cell take(boolean internet) throws IOException {
        Shelf shelf = shelf(internet);
        if (!internet) {
            closed.target = Math.min(1, ground.settings().slotsReady()); // kept once such machines are wanted
        }
        for (Cell cell = shelf.ready.poll(); cell != null; cell = shelf.ready.poll()) {
            if (cell.alive()) {
                hits.incrementAndGet();
                return cell;
            }
            give(cell);
        }
        misses.incrementAndGet();
        return make(internet);
    }

    /// Ends a cell that became no machine, and frees its place.
    void give(Cell cell) {
        cell.close();
        places.give(cell.place().number());
    }

    /// Makes one missing cell; false when none is missing.
    boolean refill() throws IOException {
        for (boolean internet : new boolean[] {true, false}) {
            Shelf shelf = shelf(internet);
            if (shelf.ready.size() < shelf.target) {
                shelf.ready.add(make(internet));
                return true;
            }
        }
        return false;
    }

    private Cell make(boolean internet) throws IOException {
        int number = places.take();
        making.incrementAndGet();
        try {
            return Cell.make(
                    ground.cell(),
                    new Place(ground.instance(), ground.network().subnet(), number, internet),
                    ground.cgroups());
        } catch (IOException | RuntimeException failed) {
            places.give(number);
            throw failed;
        } finally {
            making.decrementAndGet();
        }
    }

    private Shelf shelf(boolean internet) {
        return internet ? open : closed;
    }

    PoolState state() {
        return new PoolState(
                "slots",
                open.ready.size() + closed.ready.size(),
                making.get(),
                open.target + closed.target,
                hits.get(),
                misses.get());
    }

    @Override
    public void close() {
        for (Shelf shelf : new Shelf[] {open, closed}) {
            shelf.target = 0;
            for (Cell cell = shelf.ready.poll(); cell != null; cell = shelf.ready.poll()) {
                give(cell);
            }
        }
    }
}
