package ai.lelantos.gateway.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;

/// A TLS connection, from the end of its handshake: speaks what the client chose.
final class Chosen extends ApplicationProtocolNegotiationHandler {

    private final Switchboard board;

    Chosen(Switchboard board) {
        super(ApplicationProtocolNames.HTTP_1_1);
        this.board = board;
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext ctx, String protocol) {
        if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
            var _ = Opening.http2(ctx.pipeline(), board, "https");
        } else {
            ctx.pipeline().addLast(new Http1Client(board, "https"));
        }
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
        var _ = ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        var _ = ctx.close();
    }
}
