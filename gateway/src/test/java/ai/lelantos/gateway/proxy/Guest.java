package ai.lelantos.gateway.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A server inside a sandbox, spoken byte by byte: each connection gets a [Wire] on a thread of its own.
final class Guest implements AutoCloseable {

    /// What it does with one connection.
    interface Script {
        void run(Wire wire) throws IOException;
    }

    private final ServerSocket server;
    private final Set<Wire> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    Guest(Script script) {
        this(0, script);
    }

    Guest(int port, Script script) {
        this(InetAddress.getLoopbackAddress(), port, script);
    }

    Guest(InetAddress address, int port, Script script) {
        try {
            server = new ServerSocket(port, 1024, address);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Thread.ofPlatform().daemon().start(() -> accept(script));
    }

    private void accept(Script script) {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(socket, script));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket socket, Script script) {
        var wire = new Wire(socket);
        open.add(wire);
        try (wire) {
            script.run(wire);
        } catch (IOException | UncheckedIOException gone) {
            // The test looks at what its client saw.
        } finally {
            open.remove(wire);
        }
    }

    int port() {
        return server.getLocalPort();
    }

    int accepted() {
        return accepted.get();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        open.forEach(Wire::close);
    }

    /// Answers every request with these bytes.
    static Guest answering(String answer) {
        return new Guest(wire -> {
            if (!wire.head().isEmpty()) {
                wire.send(answer);
            }
        });
    }
}
