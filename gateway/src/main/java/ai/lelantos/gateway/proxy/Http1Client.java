package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One HTTP/1.1 connection of a client: its requests one after the other, each an [Exchange]. What comes early waits
/// in the socket.
@SuppressWarnings("FutureReturnValueIgnored") // a write or close that failed shows as the end of its channel
final class Http1Client extends ChannelInboundHandlerAdapter implements Client, Rounds.Watched {

    private static final int IDLE_LOOKS_MAX = 21; // a connection without a request is kept for ten minutes
    private static final int EARLY_BYTES_MAX =
            1024 * 1024; // of later requests, that arrived although we stopped reading
    private static final ByteBuf LAST_CHUNK = Unpooled.unreleasableBuffer(Unpooled.directBuffer(5)
            .writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII))
            .asReadOnly());

    private enum Phase {
        HEAD, // reading the head of a request
        HELD, // its body waits until the other side takes it
        BODY, // passing the body on
        ANSWER, // the request is complete, its answer is not
        UNWANTED, // the answer is complete, its request is not: the rest is thrown away, then the next one comes
        TUNNEL, // another protocol
        FAREWELL, // the last answer is out
        GONE // an HTTP/2 connection took over
    }

    private final Switchboard board;
    private final String scheme;
    private final Head head = Head.ofRequest();
    private Phase phase = Phase.HEAD;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Exchange exchange;
    private @Nullable Body body;
    private @Nullable ByteBuf in;
    private boolean advancing;
    private boolean closing; // the connection ends with the present answer
    private boolean chunking; // we make the answer's chunks
    private boolean answering; // a head has gone out
    private long thrownAway;
    private int unsent; // bytes, about: written since the last flush
    private int looks; // since the last request
    private boolean slow;
    private boolean parted; // our side of the connection is closed

    Http1Client(Switchboard board, String scheme) {
        this.board = board;
        this.scheme = scheme;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        board.idle().add(ctx.channel().eventLoop(), this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        board.idle().remove(ctx.channel().eventLoop(), this);
        board.parting().remove(ctx.channel().eventLoop(), this);
    }

    /// Ends what holds a connection and asks nothing: a head that two looks in a row find unfinished, an unwanted body
    /// of which nothing came between two, a long silence; and a client that got its last answer and stays.
    @Override
    public void look() {
        if (phase == Phase.FAREWELL) {
            if (parted && slow) {
                context().close();
            }
            slow = parted;
        } else if (phase == Phase.UNWANTED) {
            if (slow) {
                farewell();
            }
            slow = true;
        } else if (phase != Phase.HEAD) {
            looks = 0;
            slow = false;
        } else if (head.begun() && slow) {
            misunderstood(new BadMessage(408, "Request Timeout"));
        } else if (++looks > IDLE_LOOKS_MAX) {
            context().close();
        } else {
            slow = head.begun();
        }
    }

    // --- from the client

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (phase == Phase.TUNNEL && exchange != null) {
            exchange.body(bytes);
            if (!exchange.takesBody()) {
                exchange.flushBody();
                ctx.channel().config().setAutoRead(exchange.takesBody());
            }
            return;
        }
        if (phase == Phase.FAREWELL) {
            thrownAway += bytes.readableBytes();
            bytes.release();
            if (thrownAway > UNWANTED_BYTES_MAX) {
                ctx.close();
            }
            return;
        }
        in = in == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), in, bytes);
        if (in.readableBytes() > EARLY_BYTES_MAX && phase != Phase.BODY) {
            ctx.close();
            return;
        }
        advance();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (exchange != null && (phase == Phase.BODY || phase == Phase.ANSWER || phase == Phase.TUNNEL)) {
            exchange.flushBody();
        }
    }

    private void advance() {
        if (advancing) {
            return;
        }
        advancing = true;
        try {
            while (step()) {}
        } catch (BadMessage bad) {
            misunderstood(bad);
        } finally {
            advancing = false;
        }
        if (in != null && !in.isReadable()) {
            in.release();
            in = null;
        }
        read();
    }

    private boolean step() {
        if (in == null) {
            return false;
        }
        return switch (phase) {
            case HEAD -> {
                if (!head.read(in)) {
                    yield false;
                }
                begin();
                yield true;
            }
            case BODY -> body != null && pass(body, in);
            case UNWANTED -> body != null && skip(body, in);
            case HELD, ANSWER, TUNNEL, FAREWELL, GONE -> false;
        };
    }

    private void begin() {
        answering = false;
        chunking = false;
        closing = head.closes();
        Head.Length length = head.requestLength();
        if (length != Head.Length.NONE && head.upgrades()) {
            throw new BadMessage("Upgrade with a body");
        }
        if (scheme.equals("http")
                && head.upgrades()
                && head.valueIs(Field.UPGRADE, "h2c")
                && head.has(Field.HTTP2_SETTINGS)) {
            becomeHttp2();
            return;
        }
        body = Body.of(length, head.contentLength(), true);
        phase = body.finished() ? Phase.ANSWER : Phase.HELD;
        exchange = new Exchange(board, this, head);
        exchange.start();
    }

    private void becomeHttp2() {
        ChannelHandlerContext ctx = context();
        phase = Phase.GONE;
        Opening.upgrade(ctx, board, head);
        ByteBuf early = in;
        in = null;
        if (early != null && early.isReadable()) {
            ctx.fireChannelRead(early);
        } else if (early != null) {
            early.release();
        }
        ctx.pipeline().remove(this);
    }

    private boolean pass(Body body, ByteBuf in) {
        if (exchange == null || !exchange.takesBody()) {
            return false;
        }
        ByteBuf piece = body.cut(in);
        if (piece != null) {
            exchange.body(piece);
        }
        if (body.finished()) {
            phase = Phase.ANSWER;
        }
        return piece != null && phase == Phase.BODY;
    }

    private boolean skip(Body body, ByteBuf in) {
        ByteBuf piece = body.cut(in);
        if (piece != null) {
            thrownAway += piece.readableBytes();
            piece.release();
            slow = false;
        }
        if (body.finished()) {
            next();
            return true;
        }
        if (thrownAway > UNWANTED_BYTES_MAX) {
            farewell();
            return false;
        }
        return piece != null;
    }

    /// Reads on when there is somebody to read for.
    private void read() {
        if (context == null || phase == Phase.TUNNEL || phase == Phase.GONE) {
            return;
        }
        boolean on = switch (phase) {
            case HEAD, UNWANTED, FAREWELL -> true;
            case BODY -> in == null && exchange != null && exchange.takesBody();
            case ANSWER -> in == null; // to notice a client that leaves
            case HELD, TUNNEL, GONE -> false;
        };
        if (context.channel().config().isAutoRead() != on) {
            context.channel().config().setAutoRead(on);
        }
    }

    private void misunderstood(BadMessage bad) {
        closing = true;
        boolean unanswered = !answering;
        if (exchange != null) {
            exchange.clientGone();
        }
        if (phase == Phase.UNWANTED) {
            farewell();
        } else if (unanswered) {
            refuse(new Refusal.Malformed(bad.status(), bad.text()));
        } else if (context != null) {
            context.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.clientWritable(ctx.channel().isWritable());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.clientGone();
            exchange = null;
        }
        phase = Phase.FAREWELL;
        if (in != null) {
            in.release();
            in = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        ctx.close();
    }

    // --- from the other side

    @Override
    public Channel channel() {
        return context().channel();
    }

    @Override
    public boolean raw() {
        return head.minor() == 1;
    }

    @Override
    public String scheme() {
        return scheme;
    }

    @Override
    public void sendBody() {
        if (phase == Phase.HELD) {
            phase = Phase.BODY;
        }
        if (phase == Phase.TUNNEL) {
            context().channel().config().setAutoRead(exchange != null && exchange.takesBody());
        } else {
            advance();
        }
    }

    @Override
    public void interim(Head answer) {
        if (head.minor() == 1) {
            ByteBuf out = context().alloc().directBuffer(answer.size() + 64);
            Forwarding.response(answer, false, false, false, out);
            context().writeAndFlush(out);
        }
    }

    @Override
    public void answer(Head answer, Head.Length length) {
        answering = true;
        boolean modern = head.minor() == 1;
        chunking = length == Head.Length.UNTIL_CLOSE && modern;
        boolean chunks = modern && (length == Head.Length.CHUNKED || chunking);
        closing |= !modern && (length == Head.Length.UNTIL_CLOSE || length == Head.Length.CHUNKED);
        closing |= phase != Phase.ANSWER && (head.has(Field.EXPECT) || head.contentLength() > UNWANTED_BYTES_MAX);
        ByteBuf out = context().alloc().directBuffer(answer.size() + 64);
        Forwarding.response(answer, chunks, closing, !modern, out);
        context().write(out);
    }

    @Override
    public void switched(Head answer) {
        answering = true;
        closing = true;
        phase = Phase.TUNNEL;
        ByteBuf out = context().alloc().directBuffer(answer.size() + 64);
        Forwarding.response(answer, false, false, false, out);
        context().writeAndFlush(out);
        if (in != null && exchange != null) {
            exchange.body(in);
            exchange.flushBody();
            in = null;
        }
        context().channel().config().setAutoRead(true);
    }

    @Override
    public void piece(ByteBuf piece) {
        unsent += piece.readableBytes();
        if (!chunking) {
            context().write(piece);
        } else {
            chunk(piece);
        }
        if (unsent >= Transport.FLUSH_BYTES) {
            flush();
        }
    }

    private void chunk(ByteBuf piece) {
        ByteBuf size = context().alloc().directBuffer(12);
        ByteBufUtil.writeAscii(size, Integer.toHexString(piece.readableBytes()));
        Forwarding.crlf(size);
        context().write(size);
        context().write(piece);
        context().write(LAST_CHUNK.slice(3, 2));
    }

    @Override
    public void flush() {
        unsent = 0;
        context().flush();
    }

    @Override
    public void end(List<String> trailers) {
        if (chunking) {
            context().write(LAST_CHUNK.duplicate());
        }
        finish();
    }

    @Override
    public void broken() {
        exchange = null;
        context().flush();
        if (head.minor() == 0) {
            Transport.closeByReset(context().channel()); // nothing else tells HTTP/1.0 that this isn't the end
        } else {
            context().close();
        }
    }

    @Override
    public void refuse(Refusal refusal) {
        ErrorPage page = ErrorPage.of(refusal, head);
        closing |= phase != Phase.ANSWER;
        byte[] text = page.body().getBytes(StandardCharsets.UTF_8);
        ByteBuf out = context().alloc().directBuffer(text.length + 256);
        ByteBufUtil.writeAscii(out, "HTTP/1.1 " + page.status() + " " + Reason.of(page.status()));
        Forwarding.crlf(out);
        Forwarding.line(out, "Content-Type", page.contentType());
        Forwarding.line(out, "Content-Length", Integer.toString(text.length));
        Forwarding.line(out, "Cache-Control", "no-store");
        Forwarding.line(out, "Connection", closing ? "close" : "keep-alive");
        Forwarding.crlf(out);
        if (!head.methodIs("HEAD")) {
            out.writeBytes(text);
        }
        answering = true;
        context().write(out);
        finish();
    }

    private void finish() {
        exchange = null;
        if (closing || phase == Phase.TUNNEL) {
            farewell();
            return;
        }
        context().flush();
        if (phase == Phase.ANSWER) {
            next();
        } else {
            phase = Phase.UNWANTED;
        }
        advance();
    }

    private void next() {
        head.reset();
        slow = false;
        looks = 0;
        thrownAway = 0;
        answering = false;
        phase = Phase.HEAD;
    }

    /// The last answer is written: whatever still comes is thrown away, so that the client can read it to the end.
    private void farewell() {
        boolean parting = phase == Phase.ANSWER && head.closes(); // the client said so itself: nothing comes any more
        phase = Phase.FAREWELL;
        ChannelHandlerContext ctx = context();
        if (in != null && !advancing) {
            in.release();
            in = null;
        } else if (in != null) {
            in.skipBytes(in.readableBytes());
        }
        if (parting && in == null) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        ctx.channel().config().setAutoRead(true);
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) written -> {
            if (written.isSuccess()
                    && ctx.channel() instanceof DuplexChannel duplex
                    && ctx.channel().isActive()) {
                SslHandler tls = ctx.pipeline().get(SslHandler.class);
                if (tls == null) {
                    duplex.shutdownOutput();
                } else {
                    tls.closeOutbound();
                }
                parted = true;
                slow = false;
                board.idle().remove(ctx.channel().eventLoop(), this);
                board.parting().add(ctx.channel().eventLoop(), this);
            } else {
                ctx.close();
            }
        });
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }
}
