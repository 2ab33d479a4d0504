package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Running;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import reactor.core.publisher.Mono;

/// Twenty sandboxes and the server that runs in each; the state of most changes all the time, a few live in peace.
final class Town {

    static final int SANDBOXES = 20;
    private static final int RESTLESS = 15;
    static final int EVENTS = 400;
    static final String EVENT = "data: " + "e".repeat(500) + "\n\n";

    private final Stage stage;
    private final Guest guest;
    private final SplittableRandom random;
    private final AtomicLongArray ends = new AtomicLongArray(SANDBOXES);
    private final Set<String> paused = ConcurrentHashMap.newKeySet();
    private final LongAdder kills = new LongAdder();
    private final LongAdder pauses = new LongAdder();
    private final LongAdder wakes = new LongAdder();

    Town(Stage stage, long seed) {
        this.stage = stage;
        this.random = new SplittableRandom(seed);
        this.guest = stage.guest(Town::serve);
        stage.running.wakes((id, _) -> Mono.fromSupplier(() -> {
            if (!paused.remove(id)) {
                throw new Running.WakeRefused(Running.Reason.NOT_FOUND, "The sandbox was not found");
            }
            wakes.increment();
            return stage.running.starts(id);
        }));
        names().forEach(stage.running::starts);
    }

    private static List<String> names() {
        return IntStream.range(0, SANDBOXES).mapToObj(i -> "s" + i).toList();
    }

    int frontPort() {
        return stage.port;
    }

    String host(int sandbox) {
        return guest.port() + "-s" + sandbox + ".localhost";
    }

    /// How often this sandbox's run has ended so far.
    long ends(int sandbox) {
        return ends.get(sandbox);
    }

    /// One sandbox is killed, paused (the next request wakes it) or started anew.
    void change() {
        int which = random.nextInt(RESTLESS);
        String id = "s" + which;
        if (stage.running.find(id) == null && !paused.contains(id)) {
            stage.running.starts(id);
            return;
        }
        ends.incrementAndGet(which);
        if (random.nextInt(4) > 0) {
            pauses.increment();
            paused.add(id);
        } else {
            kills.increment();
            paused.remove(id);
        }
        stage.running.ends(id);
    }

    void endAll() {
        paused.clear();
        names().forEach(stage.running::ends);
    }

    private static void serve(Wire wire) throws IOException {
        String head = wire.head();
        String path = head.isEmpty() ? "" : head.split(" ", -1)[1];
        switch (path) {
            case "/small" -> wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
            case "/body" -> {
                String length = head.replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
                String body = wire.text(Integer.parseInt(length));
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            }
            case "/chunks" -> {
                String chunks = wire.until("0\r\n\r\n");
                wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
            }
            case "/events" -> {
                wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
                for (int i = 0; i < EVENTS; i++) {
                    wire.send(EVENT);
                }
            }
            case "/tunnel" -> {
                wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
                for (String line = wire.until("\n"); !line.isEmpty(); line = wire.until("\n")) {
                    wire.send(line);
                }
            }
            default -> {}
        }
    }

    @Override
    public String toString() {
        return kills + " kills, " + pauses + " pauses, " + wakes + " wakes";
    }
}
