package ai.lelantos.gateway.runtime.container.egress;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/// Carries name queries of machines to the host's name server and its answers back, each over a socket of its own, so
/// that the answer of one cannot be taken for that of another.
final class NameRelay extends SimpleChannelInboundHandler<DatagramPacket> {

    /// A query unanswered for longer is forgotten; resolvers ask again after five.
    private static final long ANSWER_SECONDS = 6;

    private static final int QUERY_MIN_BYTES = 12;

    private final Nameservers nameservers;
    private final Counted queries;

    NameRelay(Nameservers nameservers, Counted queries) {
        this.nameservers = nameservers;
        this.queries = queries;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket query) {
        InetSocketAddress server = nameservers.first();
        InetAddress machine = query.sender().getAddress();
        if (server == null || query.content().readableBytes() < QUERY_MIN_BYTES || !queries.take(machine)) {
            return; // as any lost datagram
        }
        Channel machines = context.channel();
        ChannelFuture opened = new Bootstrap()
                .group(machines.eventLoop())
                .channel(EpollDatagramChannel.class)
                .handler(new Answer(machines, query.sender()))
                .connect(server);
        Channel asked = opened.channel();
        var _ = asked.closeFuture().addListener(closed -> queries.give(machine));
        var _ = machines.eventLoop()
                .schedule(
                        () -> {
                            var _ = asked.close();
                        },
                        ANSWER_SECONDS,
                        TimeUnit.SECONDS);
        var question = query.content().retain();
        var _ = opened.addListener(connected -> {
            if (connected.isSuccess()) {
                var _ = asked.writeAndFlush(question);
            } else {
                question.release();
                var _ = asked.close();
            }
        });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        // one bad datagram or an unreachable machine; the next query does not care
    }

    /// The one answer to one query.
    private static final class Answer extends SimpleChannelInboundHandler<DatagramPacket> {

        private final Channel machines;
        private final InetSocketAddress machine;

        Answer(Channel machines, InetSocketAddress machine) {
            this.machines = machines;
            this.machine = machine;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket answer) {
            var _ = machines.writeAndFlush(new DatagramPacket(answer.content().retain(), machine));
            var _ = context.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
            var _ = context.close(); // the name server refused; the machine asks again
        }
    }
}
