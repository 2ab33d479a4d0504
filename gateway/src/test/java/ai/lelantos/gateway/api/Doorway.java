package ai.lelantos.gateway.api;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// A TCP port before a Unix socket, so that a second gateway reaches the database that the first one embeds.
final class Doorway implements AutoCloseable {

    private final Path socket;
    private final ServerSocketChannel listener;

    Doorway(Path socket) throws IOException {
        this.socket = socket;
        this.listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.startVirtualThread(this::accept);
    }

    int port() throws IOException {
        return ((InetSocketAddress) listener.getLocalAddress()).getPort();
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel outside = listener.accept();
                SocketChannel inside = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                Thread.startVirtualThread(() -> copy(outside, inside));
                Thread.startVirtualThread(() -> copy(inside, outside));
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private static void copy(ByteChannel from, ByteChannel to) {
        try (from;
                to) {
            var _ = Channels.newInputStream(from).transferTo(Channels.newOutputStream(to));
        } catch (IOException e) {
            // One of the two hung up; closing both is the answer to that.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
