package ai.lelantos.gateway.runtime.container.egress;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The relay's two listeners, for connections and for name queries. They end with the gateway, and the connections with
/// them; machines go on, and their next connection finds the next gateway's relay.
public final class Egress implements AutoCloseable {

    /// Connections outward of one machine, and of all.
    private static final int CONNECTIONS_EACH_MAX = 1_024;

    private static final int CONNECTIONS_MAX = 16_384;

    /// Name queries of one machine not answered yet, and of all.
    private static final int QUERIES_EACH_MAX = 64;

    private static final int QUERIES_MAX = 2_048;

    private static final int THREADS = 2;
    private static final long NAMESERVERS_SECONDS = 10;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
            THREADS, new DefaultThreadFactory("runtime-egress", true), EpollIoHandler.newFactory());
    private final ScheduledExecutorService names = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("runtime-nameservers").daemon().factory());

    /// Does work on a thread whose new sockets belong to the router's namespace.
    public interface Router {
        <T> T inside(Callable<T> work) throws IOException;
    }

    private Egress() {}

    /// Opens both listeners.
    ///
    /// @param connections where the router hands connections to
    /// @param queries where it hands name queries to
    /// @param resolvConf where the host's name servers stand
    public static Egress open(Router router, InetSocketAddress connections, InetSocketAddress queries, Path resolvConf)
            throws IOException {
        Egress egress = new Egress();
        try {
            egress.start(router, connections, queries, new Nameservers(resolvConf));
            return egress;
        } catch (IOException | RuntimeException failed) {
            egress.close();
            throw failed;
        }
    }

    private void start(Router router, InetSocketAddress connections, InetSocketAddress queries, Nameservers nameservers)
            throws IOException {
        nameservers.refresh();
        var _ = names.scheduleWithFixedDelay(
                nameservers::refresh, NAMESERVERS_SECONDS, NAMESERVERS_SECONDS, TimeUnit.SECONDS);
        Destinations destinations = new Destinations();
        Counted connected = new Counted(CONNECTIONS_EACH_MAX, CONNECTIONS_MAX);
        InetAddress address = connections.getAddress();
        EpollServerSocketChannel tcp = router.inside(EpollServerSocketChannel::new);
        EpollDatagramChannel udp = router.inside(EpollDatagramChannel::new);
        bound(new ServerBootstrap()
                .group(loops)
                .channelFactory(() -> tcp)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel machine) {
                        var _ = machine.pipeline().addLast(new Outward(destinations, nameservers, address, connected));
                    }
                })
                .bind(connections));
        bound(new Bootstrap()
                .group(loops)
                .channelFactory(() -> udp)
                .handler(new NameRelay(nameservers, new Counted(QUERIES_EACH_MAX, QUERIES_MAX)))
                .bind(queries));
    }

    private static void bound(ChannelFuture binding) throws IOException {
        ChannelFuture done = binding.awaitUninterruptibly();
        if (!done.isSuccess()) {
            throw new IOException("the relay outward cannot listen", done.cause());
        }
    }

    @Override
    public void close() {
        var _ = names.shutdownNow();
        var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
