package ai.lelantos.gateway.runtime.container.egress;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;

/// One direction of a relayed connection: what arrives here is written there. A slow reader there stops the reading
/// here; an end of input here ends the output there; any failure ends both.
final class Splice extends ChannelInboundHandlerAdapter {

    private final Channel there;

    Splice(Channel there) {
        this.there = there;
    }

    @Override
    public void channelRead(ChannelHandlerContext here, Object bytes) {
        var _ = there.write(bytes, there.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext here) {
        there.flush();
        if (!there.isWritable()) {
            here.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext here) {
        if (here.channel().isWritable()) {
            there.config().setAutoRead(true);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext here, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            DuplexChannel target = (DuplexChannel) there;
            if (((DuplexChannel) here.channel()).isOutputShutdown()) {
                close(here.channel());
                close(there);
            } else {
                var _ = target.shutdownOutput();
                if (target.isInputShutdown()) {
                    close(here.channel());
                    close(there);
                }
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext here) {
        close(there);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext here, Throwable failure) {
        close(here.channel());
        close(there);
    }

    /// After what is still to be written.
    private static void close(Channel channel) {
        if (channel.isActive()) {
            var _ = channel.writeAndFlush(io.netty.buffer.Unpooled.EMPTY_BUFFER)
                    .addListener(ChannelFutureListener.CLOSE);
        }
    }
}
