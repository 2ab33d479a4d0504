package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A TCP connection whose first bytes are sent before its event loop hears of it. Sandboxes are on this host: the
/// kernel has shaken hands when the call that asks for it returns, and waiting for its word would cost a turn of the
/// loop.
final class EagerSocket extends Socket {

    @SuppressWarnings("UnusedMethod") // nobody makes one: the superclass shares its calls with its heirs only
    private EagerSocket(int descriptor) {
        super(descriptor);
    }

    /// Connects and takes off `first` what could be sent at once: all of it, or nothing while the other side has yet to
    /// answer. Never blocks; for the loop the channel is connected in either case.
    static EpollSocketChannel connect(InetSocketAddress address, SocketProtocolFamily family, ByteBuf first)
            throws IOException {
        var channel = new EpollSocketChannel(newSocketStream0(family));
        try {
            Socket socket = (Socket) channel.fd();
            var _ = socket.connect(address);
            ByteBuffer bytes = first.internalNioBuffer(first.readerIndex(), first.readableBytes());
            first.skipBytes(socket.write(bytes, bytes.position(), bytes.limit()));
            channel.unsafe().beginRead(); // so that the loop is told of its wish to read when it registers
            return channel;
        } catch (IOException failure) {
            channel.unsafe().closeForcibly();
            throw failure;
        }
    }

    /// Whether nobody listens there: then nothing of a request was read, and it may be tried again.
    static boolean refused(@Nullable Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof ConnectException
                    || (each instanceof Errors.NativeIoException error
                            && error.expectedErr() == Errors.ERROR_ECONNREFUSED_NEGATIVE)) {
                return true;
            }
        }
        return false;
    }
}
