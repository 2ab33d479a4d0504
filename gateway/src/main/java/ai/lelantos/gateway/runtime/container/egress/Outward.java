package ai.lelantos.gateway.runtime.container.egress;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A connection a machine made to somewhere: asks the kernel where it meant to go, judges that, dials it from the
/// host and joins the two.
final class Outward extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(Outward.class);

    private static final int CONNECT_MILLIS = 30_000;

    /// SOL_IP, SO_ORIGINAL_DST, a `struct sockaddr_in`.
    private static final RawUnixChannelOption MEANT = new RawUnixChannelOption("SO_ORIGINAL_DST", 0, 80, 16);

    private final Destinations destinations;
    private final Nameservers nameservers;
    private final InetAddress router;
    private final Counted connections;

    Outward(Destinations destinations, Nameservers nameservers, InetAddress router, Counted connections) {
        this.destinations = destinations;
        this.nameservers = nameservers;
        this.router = router;
        this.connections = connections;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) throws UnknownHostException {
        SocketChannel machine = (SocketChannel) context.channel();
        InetAddress from = machine.remoteAddress().getAddress();
        InetSocketAddress to = target(meant(machine));
        if (to == null || !connections.take(from)) {
            refuse(machine);
            return;
        }
        var _ = machine.closeFuture().addListener(closed -> connections.give(from));
        var dialled = new Bootstrap()
                .group(machine.eventLoop())
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new Splice(machine))
                .connect(to);
        Channel world = dialled.channel();
        var _ = machine.closeFuture().addListener(closed -> {
            var _ = world.close();
        });
        var _ = dialled.addListener(connected -> {
            if (connected.isSuccess()) {
                var _ = machine.pipeline().replace(this, null, new Splice(world));
                machine.config().setAutoRead(true);
                world.config().setAutoRead(true);
            } else {
                refuse(machine);
            }
        });
    }

    private static InetSocketAddress meant(SocketChannel machine) throws UnknownHostException {
        ByteBuffer address = machine.config().getOption(MEANT);
        byte[] ip = {address.get(4), address.get(5), address.get(6), address.get(7)};
        return new InetSocketAddress(
                InetAddress.getByAddress(ip), ((address.get(2) & 255) << 8) | (address.get(3) & 255));
    }

    /// Where to dial, null when the destination is refused.
    private @Nullable InetSocketAddress target(InetSocketAddress meant) {
        if (meant.getAddress().equals(router) && meant.getPort() == 53) {
            return nameservers.first();
        }
        String refusal = destinations.refusal(meant.getAddress());
        if (refusal != null) {
            log.debug("refused a connection to {}: {}", meant, refusal);
            return null;
        }
        return meant;
    }

    /// Reset, as a closed port would.
    private static void refuse(SocketChannel machine) {
        machine.config().setSoLinger(0);
        var _ = machine.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        refuse((SocketChannel) context.channel());
    }
}
