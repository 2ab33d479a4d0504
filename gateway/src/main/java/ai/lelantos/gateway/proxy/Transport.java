package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/// The kind of sockets this machine offers: epoll where it can, otherwise the JDK's.
@SuppressWarnings("FutureReturnValueIgnored") // a write or close that failed shows as the end of its channel
enum Transport {
    EPOLL,
    NIO;

    static final int CONNECT_TIMEOUT_MS = 30_000;
    private static final int KEEP_ALIVE_SECONDS = 20;

    static final int FLUSH_BYTES = 64 * 1024; // written and not yet sent: more is sent at once
    /// Bytes that wait for a slow reader, before the writer is stopped and until it goes on.
    static final WriteBufferWaterMark WAITING_BYTES = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    static Transport best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    EventLoopGroup loops(int threads, String name) {
        return new MultiThreadIoEventLoopGroup(
                threads,
                new ThreadPerTaskExecutor(new DefaultThreadFactory(name, true)),
                Spread.overProcessors(),
                this == EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    /// A listener for `address`. Sockets of its very family: the kernel maps no addresses, and is asked less per
    /// connection.
    ServerChannel server(InetSocketAddress address) {
        return this == EPOLL ? new EpollServerSocketChannel(family(address)) : new NioServerSocketChannel();
    }

    private static SocketProtocolFamily family(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() instanceof Inet4Address
                ? SocketProtocolFamily.INET
                : SocketProtocolFamily.INET6;
    }

    /// A socket towards `address`, not yet connected.
    Channel socket(SocketAddress address) {
        if (address instanceof DomainSocketAddress) {
            return set(new EpollDomainSocketChannel());
        }
        // TCP_NODELAY is Netty's default.
        return set(this == EPOLL ? new EpollSocketChannel(family(address)) : new NioSocketChannel());
    }

    /// A plain connection to a sandbox, begun at once: what of `first` could be sent is taken off it.
    Channel socket(InetSocketAddress address, ByteBuf first) throws IOException {
        return set(EagerSocket.connect(address, family(address), first));
    }

    /// Has the kernel ask a silent peer whether it still lives. For connections that last: four system calls would be a
    /// tenth of a short exchange.
    static void keepAlive(Channel channel) {
        if (channel instanceof EpollSocketChannel socket && socket.isOpen()) {
            socket.config()
                    .setKeepAlive(true)
                    .setTcpKeepIdle(KEEP_ALIVE_SECONDS)
                    .setTcpKeepIntvl(KEEP_ALIVE_SECONDS);
        } else if (channel instanceof NioSocketChannel socket && socket.isOpen()) {
            socket.config().setKeepAlive(true);
        }
    }

    /// From now on a close is a reset.
    static void closeByReset(Channel channel) {
        if (channel.isOpen() && !(channel instanceof EpollDomainSocketChannel)) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        channel.close();
    }

    private static Channel set(Channel channel) {
        channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WAITING_BYTES);
        channel.config().setOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT);
        channel.config().setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS);
        // A failed write must not throw away an answer that is already on its way to us.
        channel.config().setOption(ChannelOption.AUTO_CLOSE, false);
        return channel;
    }
}
