package ai.lelantos.gateway.proxy;

import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// One client that keeps asking sandboxes of a [Town], in one way after the other, on connections it keeps.
final class Visitor implements Runnable {

    static final List<String> KINDS = List.of("small", "body", "chunks", "events", "tunnel", "closed", "streams");

    private static final String GONE = "\"message\":\"The sandbox was not found\",\"code\":502}";
    private static final String CLOSED =
            "\"message\":\"The sandbox is running but port is not open\",\"port\":1,\"code\":502}";
    private static final int BODY_BYTES_MAX = 60_000;
    private static final int LINES = 30;
    private static final int STREAMS = 3;

    private final Town town;
    private final Tally tally;
    private final SplittableRandom random;
    private final long end;
    private @Nullable Wire wire;
    private int sandbox;
    private long endsBefore;

    Visitor(Town town, Tally tally, SplittableRandom random, long end) {
        this.town = town;
        this.tally = tally;
        this.random = random;
        this.end = end;
    }

    @Override
    public void run() {
        while (System.nanoTime() < end) {
            sandbox = random.nextInt(Town.SANDBOXES);
            endsBefore = town.ends(sandbox);
            String kind = KINDS.get(random.nextInt(KINDS.size()));
            try {
                visit(kind);
            } catch (UncheckedIOException broken) {
                hangUp();
                if (broken.getCause() instanceof SocketTimeoutException) {
                    tally.fault(kind, "hung");
                } else {
                    cut(kind, broken.toString());
                }
            }
        }
        hangUp();
    }

    private void visit(String kind) {
        switch (kind) {
            case "small" -> answered(kind, connected().send(request("GET", kind, "")), "hi");
            case "closed" ->
                refusedBy(connected()
                        .send("GET / HTTP/1.1\r\nHost: 1-s" + sandbox + ".localhost\r\n\r\n")
                        .answer());
            case "body" -> {
                String body = "b".repeat(1 + random.nextInt(BODY_BYTES_MAX));
                answered(
                        kind, connected().send(request("POST", kind, "Content-Length: " + body.length()) + body), body);
            }
            case "chunks" -> chunks();
            case "events" -> events();
            case "tunnel" -> tunnel();
            case "streams" -> streams();
            default -> throw new IllegalStateException(kind);
        }
    }

    private String request(String method, String path, String field) {
        return method + " /" + path + " HTTP/1.1\r\nHost: " + town.host(sandbox) + "\r\n"
                + (field.isEmpty() ? "" : field + "\r\n") + "\r\n";
    }

    private void answered(String kind, Wire wire, String expected) {
        String answer = wire.answer();
        if (answer.startsWith("HTTP/1.1 200") && answer.endsWith("\r\n\r\n" + expected)) {
            tally.whole(kind);
        } else {
            other(kind, answer);
        }
        if (answer.contains("Connection: close\r\n")) {
            hangUp();
        }
    }

    private void refusedBy(String answer) {
        if (answer.endsWith(CLOSED)) {
            tally.whole("closed");
        } else {
            other("closed", answer);
        }
        if (answer.contains("Connection: close\r\n")) {
            hangUp();
        }
    }

    private void other(String kind, String answer) {
        if (answer.startsWith("HTTP/1.1 502 ") && answer.endsWith(GONE)) {
            tally.refused(kind);
            if (answer.contains("Connection: close\r\n")) {
                hangUp();
            }
        } else {
            hangUp();
            cut(kind, answer);
        }
    }

    /// A connection that broke off is right only when the sandbox's run ended meanwhile.
    private void cut(String kind, String what) {
        if (town.ends(sandbox) > endsBefore) {
            tally.cut(kind);
        } else {
            tally.fault(kind, "cut without reason: " + what);
        }
    }

    private void chunks() {
        String chunk = "3e8\r\n" + "c".repeat(1000) + "\r\n";
        String body = chunk.repeat(1 + random.nextInt(20)) + "0\r\n\r\n";
        Wire wire = connected().send(request("POST", "chunks", "Transfer-Encoding: chunked") + body);
        String head = wire.head();
        if (head.startsWith("HTTP/1.1 200") && wire.until("0\r\n\r\n").equals(body)) {
            tally.whole("chunks");
        } else {
            rest("chunks", wire, head);
        }
    }

    private void events() {
        Wire wire = connected().send(request("GET", "events", ""));
        String head = wire.head();
        String body = head.startsWith("HTTP/1.1 200") ? wire.until("\r\n0\r\n\r\n") : "";
        if (body.endsWith("\r\n0\r\n\r\n") && body.chars().filter(c -> c == 'e').count() >= 500L * Town.EVENTS) {
            tally.whole("events");
        } else {
            rest("events", wire, head);
        }
    }

    private void tunnel() {
        Wire wire = connected().send(request("GET", "tunnel", "Connection: Upgrade\r\nUpgrade: echo"));
        String head = wire.head();
        if (!head.startsWith("HTTP/1.1 101")) {
            rest("tunnel", wire, head);
            return;
        }
        for (int i = 0; i < LINES; i++) {
            String line = "line " + i + "\n";
            if (!wire.send(line).until("\n").equals(line)) {
                hangUp();
                cut("tunnel", "after " + i + " lines");
                return;
            }
        }
        hangUp();
        tally.whole("tunnel");
    }

    /// An answer of which only the head was read: an error's body, or nothing.
    private void rest(String kind, Wire wire, String head) {
        String length = head.replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
        boolean known = !length.isEmpty() && Character.isDigit(length.charAt(0));
        other(kind, known ? head + wire.text(Integer.parseInt(length)) : head);
    }

    private void streams() {
        Map<Integer, String> open = new HashMap<>();
        try (var wire = Wire.to(town.frontPort());
                var frames = new Frames(wire)) {
            for (int i = 0; i < STREAMS; i++) {
                int stream = 2 * i + 1;
                var _ = frames.get(stream, town.host(sandbox), "/small");
                open.put(stream, "");
            }
            while (!open.isEmpty()) {
                Frames.Frame frame = frames.next();
                if (frame.type() < 0 || frame.type() == Frames.GOAWAY) {
                    tally.fault("streams", "the connection ended with " + open.size() + " streams open");
                    return;
                }
                if (frame.type() == Frames.RST_STREAM) {
                    open.remove(frame.stream());
                    cut("streams", "reset " + frame.error());
                    continue;
                }
                String body =
                        open.merge(frame.stream(), frame.type() == Frames.DATA ? frame.payload() : "", String::concat);
                if (frame.endsStream()) {
                    open.remove(frame.stream());
                    streamEnded(body);
                }
            }
        }
    }

    private void streamEnded(String body) {
        if (body.equals("hi")) {
            tally.whole("streams");
        } else if (body.endsWith(GONE)) {
            tally.refused("streams");
        } else {
            tally.fault("streams", body);
        }
    }

    private Wire connected() {
        Wire open = wire;
        if (open == null) {
            open = Wire.to(town.frontPort());
            wire = open;
        }
        return open;
    }

    private void hangUp() {
        if (wire != null) {
            wire.close();
            wire = null;
        }
    }
}
