package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.HttpConversionUtil.ExtensionHeaderNames;
import io.netty.handler.codec.http2.InboundHttpToHttp2Adapter;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// The first bytes of a plain connection: HTTP/2 says so in its preface, everything else is HTTP/1.1.
@SuppressWarnings("FutureReturnValueIgnored") // a close that failed has nothing left to close
final class Opening extends ChannelInboundHandlerAdapter implements Rounds.Watched {

    private static final int LOOKS_MAX = 2; // until the first bytes say what is spoken
    private static final int STREAMS_MAX = 100; // per connection, at once
    private static final int STREAM_WINDOW_BYTES = 256 * 1024;
    private static final int SETTING_BYTES = 6;
    private static final int SETTINGS_MAX = 32; // in an upgrade request
    private static final ByteBuf PREFACE = Unpooled.unreleasableBuffer(Http2CodecUtil.connectionPrefaceBuf());

    private final Switchboard board;
    private @Nullable ByteBuf in;
    private @Nullable ChannelHandlerContext context;
    private int looks;

    Opening(Switchboard board) {
        this.board = board;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        board.idle().add(ctx.channel().eventLoop(), this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        board.idle().remove(ctx.channel().eventLoop(), this);
        if (in != null) {
            in.release();
            in = null;
        }
    }

    @Override
    public void look() {
        if (++looks == LOOKS_MAX && context != null) {
            context.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (in != null) {
            bytes = Unpooled.wrappedBuffer(in, bytes);
        }
        int known = Math.min(bytes.readableBytes(), PREFACE.readableBytes());
        boolean preface = ByteBufUtil.equals(bytes, bytes.readerIndex(), PREFACE, 0, known);
        if (preface && known < PREFACE.readableBytes()) {
            in = bytes;
            return;
        }
        in = null;
        if (preface) {
            var _ = http2(ctx.pipeline(), board, "http");
        } else {
            ctx.pipeline().addLast(new Http1Client(board, "http"));
        }
        ctx.fireChannelRead(bytes);
        ctx.pipeline().remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        var _ = ctx.close();
    }

    /// Makes a connection one of HTTP/2: each stream is a channel of its own.
    static Http2FrameCodec http2(ChannelPipeline pipeline, Switchboard board, String scheme) {
        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(Http2Settings.defaultSettings()
                        .maxConcurrentStreams(STREAMS_MAX)
                        .initialWindowSize(STREAM_WINDOW_BYTES)
                        .maxHeaderListSize(Head.BYTES_MAX))
                .autoAckPingFrame(true)
                .gracefulShutdownTimeoutMillis(0)
                .build();
        pipeline.addLast(codec);
        pipeline.addLast(new Http2MultiplexHandler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.pipeline().addLast(new Http2Client(board, scheme));
            }
        }));
        pipeline.addLast(new Http2Connection(codec, STREAMS_MAX * STREAM_WINDOW_BYTES));
        return codec;
    }

    /// Continues as HTTP/2 a connection whose HTTP/1.1 request asked for it; that request is its first stream.
    static void upgrade(ChannelHandlerContext ctx, Switchboard board, Head head) {
        Http2Settings settings = settings(String.valueOf(head.value(Field.HTTP2_SETTINGS)));
        var _ = ctx.writeAndFlush(ByteBufUtil.writeAscii(
                ctx.alloc(), "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"));
        Http2FrameCodec codec = http2(ctx.pipeline(), board, "http");
        try {
            codec.onHttpServerUpgrade(settings);
            var request = new DefaultFullHttpRequest(
                    HttpVersion.HTTP_1_1,
                    HttpMethod.valueOf(head.method()),
                    head.target(),
                    ByteBufAllocator.DEFAULT.buffer(0));
            for (int i = 0; i < head.fields(); i++) {
                if (Forwarding.passes(head, i, false)) {
                    request.headers().add(head.name(i), head.value(i));
                }
            }
            request.headers().set(ExtensionHeaderNames.SCHEME.text(), "http");
            request.headers().setInt(ExtensionHeaderNames.STREAM_ID.text(), Http2CodecUtil.HTTP_UPGRADE_STREAM_ID);
            new InboundHttpToHttp2Adapter(codec.connection(), codec.decoder().frameListener())
                    .channelRead(ctx.pipeline().context(codec), request);
        } catch (Exception malformed) {
            var _ = ctx.close();
        }
    }

    static Http2Settings settings(String base64) {
        try {
            byte[] payload = Base64.getUrlDecoder().decode(base64.getBytes(StandardCharsets.ISO_8859_1));
            if (payload.length % SETTING_BYTES != 0 || payload.length > SETTING_BYTES * SETTINGS_MAX) {
                throw new BadMessage("malformed HTTP2-Settings");
            }
            var settings = new Http2Settings();
            ByteBuf bytes = Unpooled.wrappedBuffer(payload);
            while (bytes.isReadable()) {
                settings.put((char) bytes.readUnsignedShort(), Long.valueOf(bytes.readUnsignedInt()));
            }
            return settings;
        } catch (IllegalArgumentException malformed) {
            throw new BadMessage("malformed HTTP2-Settings");
        }
    }
}
