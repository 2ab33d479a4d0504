package ai.lelantos.gateway.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What concerns an HTTP/2 connection as a whole: a window wide enough that one stream's stalled upload leaves room for
/// the others, and a ping that finds out whether a silent peer still lives.
final class Http2Connection extends ChannelInboundHandlerAdapter {

    private static final int SILENCE_SECONDS = 30; // before we ask
    private static final int ANSWER_SECONDS = 15; // for the peer to answer

    private final Http2FrameCodec codec;
    private final int windowBytes;
    private @Nullable ScheduledFuture<?> watch;
    private boolean heard;
    private boolean asked;

    Http2Connection(Http2FrameCodec codec, int windowBytes) {
        this.codec = codec;
        this.windowBytes = windowBytes;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Http2Exception {
        var connection = codec.connection();
        var flow = connection.local().flowController();
        flow.incrementWindowSize(
                connection.connectionStream(), windowBytes - flow.windowSize(connection.connectionStream()));
        watch = ctx.executor().schedule(() -> look(ctx), SILENCE_SECONDS, TimeUnit.SECONDS);
    }

    private void look(ChannelHandlerContext ctx) {
        if (heard) {
            heard = false;
            asked = false;
        } else if (asked) {
            var _ = ctx.close();
            return;
        } else {
            asked = true;
            var _ = ctx.writeAndFlush(new DefaultHttp2PingFrame(System.nanoTime(), false));
        }
        watch = ctx.executor().schedule(() -> look(ctx), asked ? ANSWER_SECONDS : SILENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
        heard |= frame instanceof Http2PingFrame;
        ReferenceCountUtil.release(frame);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        heard = true;
        ctx.fireChannelReadComplete();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (watch != null) {
            watch.cancel(false);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        var _ = ctx.close();
    }
}
