package ai.lelantos.envd.ports;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Semaphore;

/// One port of the sandbox's address, leading to the same port of its loopback. Connects there only for somebody.
final class Relay implements AutoCloseable {

    private static final int PIECE_BYTES = 16 << 10;
    private static final int BACKLOG = 128;

    private final ServerSocketChannel listener;
    private final InetSocketAddress target;
    private final Semaphore places;

    /// Listens, or throws what binding says: then the port is reachable already.
    ///
    /// @param places for connections of all relays together
    Relay(InetAddress address, InetSocketAddress target, Semaphore places) throws IOException {
        this.target = target;
        this.places = places;
        listener = ServerSocketChannel.open();
        try {
            var _ = listener.bind(new InetSocketAddress(address, target.getPort()), BACKLOG);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        var _ = Thread.ofVirtual().name("port " + target.getPort()).start(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = listener.accept();
                if (places.tryAcquire()) {
                    var _ = Thread.ofVirtual().start(() -> {
                        try {
                            serve(client);
                        } finally {
                            places.release();
                        }
                    });
                } else {
                    reset(client);
                }
            }
        } catch (IOException _) {
            // Closed: the local listener is gone.
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                SocketChannel server = SocketChannel.open()) {
            if (!connected(client, server)) {
                return;
            }
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            server.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Thread back = Thread.ofVirtual().start(() -> pipe(server, client));
            pipe(client, server);
            back.join();
        } catch (IOException _) {
            // One side broke; both are closed.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean connected(SocketChannel client, SocketChannel server) throws IOException {
        try {
            return server.connect(target);
        } catch (IOException _) {
            reset(client);
            return false;
        }
    }

    /// Copies until one side has no more; the other then learns that, and may still answer.
    private static void pipe(SocketChannel from, SocketChannel to) {
        var piece = ByteBuffer.allocate(PIECE_BYTES);
        try {
            while (from.read(piece.clear()) >= 0) {
                piece.flip();
                while (piece.hasRemaining()) {
                    var _ = to.write(piece);
                }
            }
            var _ = to.shutdownOutput();
        } catch (IOException _) {
            close(from);
            close(to);
        }
    }

    /// A client hears that nobody is there, as if the port were closed.
    private static void reset(SocketChannel client) {
        try {
            var _ = client.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException _) {
            // It left before.
        }
        close(client);
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException _) {
            // Closed is all we want of it.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException _) {
            // Closed is all we want of it.
        }
    }
}
