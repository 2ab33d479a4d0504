package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Running;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The listeners of the gateway. Every byte from outside is read here first; the API sits behind, like one more
/// sandbox.
public final class Front implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Front.class);
    private static final int CONNECTIONS_MAX = 16_384; // of clients, all listeners together
    private static final int BACKLOG = 1024; // connections the kernel holds for us
    private static final int STOP_MS = 1_000; // for the loops to end

    private static final int REFRESH_SECONDS = 5; // between looks at certificate files

    private final int connectionsMax;
    private final Transport transport = Transport.best();
    private final ScheduledExecutorService refresher = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("front-certificates").factory());
    private final EventLoopGroup loops;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
    private final LifecycleLoop lifecycle;
    private final Switchboard board;
    private final List<Channel> listeners = new CopyOnWriteArrayList<>();

    /// @param domain the public domain, below which every name but `api` is a sandbox's port
    /// @param api where our own API listens, null while it does not
    public Front(int threads, String domain, Running running, Supplier<@Nullable SocketAddress> api) {
        this(threads, domain, running, api, CONNECTIONS_MAX);
    }

    Front(int threads, String domain, Running running, Supplier<@Nullable SocketAddress> api, int connectionsMax) {
        this.connectionsMax = connectionsMax;
        this.loops = transport.loops(threads, "front");
        var lanes = new Lanes(running);
        this.lifecycle = new LifecycleLoop(running, lanes);
        this.board = new Switchboard(running, lanes, lifecycle, new Target.Rules(domain), transport, api);
    }

    private boolean enters(Channel channel) {
        if (clients.size() < connectionsMax) {
            return clients.add(channel);
        }
        var _ = channel.close();
        return false;
    }

    /// Opens a plain listener: HTTP/1.1 and, by prior knowledge or upgrade, HTTP/2. Fails when the address is taken.
    public InetSocketAddress listen(InetSocketAddress address) throws IOException {
        return listen(address, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (enters(channel)) {
                    channel.pipeline().addLast(new Opening(board));
                }
            }
        });
    }

    /// Opens a TLS listener: HTTP/2 or HTTP/1.1, as the client chooses by ALPN.
    public InetSocketAddress listen(InetSocketAddress address, Tls tls) throws IOException {
        var refreshing =
                refresher.scheduleWithFixedDelay(tls::refresh, REFRESH_SECONDS, REFRESH_SECONDS, TimeUnit.SECONDS);
        if (refreshing.isCancelled()) {
            throw new IOException("closed");
        }
        return listen(address, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (enters(channel)) {
                    channel.pipeline()
                            .addLast(tls.context().newHandler(channel.alloc()))
                            .addLast(new Chosen(board));
                }
            }
        });
    }

    /// Opens a TLS listener with the local authority's certificate as soon as there is one: at the very first start
    /// it is made now, beside everything else, which takes some seconds.
    public void listenSoon(InetSocketAddress address, Path folder, String domain) {
        refresher.execute(() -> {
            try {
                InetSocketAddress bound = listen(address, Tls.local(folder, domain));
                LOG.atInfo()
                        .addKeyValue("port", bound.getPort())
                        .addKeyValue("domain", domain)
                        .log("TLS ready");
            } catch (IOException failure) {
                LOG.warn("no TLS: {}; free that port or set LELANTOS_TLS_PORT (0 for none)", failure.getMessage());
            }
        });
    }

    /// Opens the service that sandboxes reach as `http://192.0.2.1`.
    public InetSocketAddress listenToGuests(InetSocketAddress address) throws IOException {
        return listen(address, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                if (enters(channel)) {
                    channel.pipeline().addLast(new HostService(board.running()));
                }
            }
        });
    }

    private InetSocketAddress listen(InetSocketAddress address, ChannelInitializer<Channel> initializer)
            throws IOException {
        var bound = new ServerBootstrap()
                .group(loops)
                .channelFactory(() -> transport.server(address))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Transport.WAITING_BYTES)
                .childHandler(initializer)
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + address.getHostString() + ":" + address.getPort(), bound.cause());
        }
        listeners.add(bound.channel());
        return (InetSocketAddress) bound.channel().localAddress();
    }

    /// Exchanges with sandboxes that are in flight now.
    public int inFlight() {
        return board.lanes().inFlight();
    }

    @Override
    public void close() {
        lifecycle.close();
        refresher.shutdownNow();
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        clients.close().awaitUninterruptibly(STOP_MS);
        loops.shutdownGracefully(0, STOP_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly(STOP_MS);
    }
}
