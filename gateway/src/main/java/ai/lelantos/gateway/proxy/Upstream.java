package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The connection to the other side of one exchange: reads its answer and hands it to the client piece by piece.
@SuppressWarnings("FutureReturnValueIgnored") // a write or close that failed shows as the end of its channel
final class Upstream extends ChannelInboundHandlerAdapter implements Rounds.Watched {

    private static final int FAREWELL_LOOKS_MAX = 2; // for the other side to close first: it keeps the closed pair

    private enum Phase {
        HEAD,
        BODY,
        TUNNEL,
        DONE
    }

    private final Rounds rounds;
    private final Exchange exchange;
    private final Client client;
    private final boolean toHead;
    private final boolean toUpgrade;
    private Phase phase = Phase.HEAD;
    private @Nullable Head head = Head.ofResponse();
    private @Nullable Body body;
    private @Nullable ByteBuf in;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Throwable failure;
    private boolean lasting; // longer than from one look to the next
    private int looks;
    private int unsent; // bytes, about: written since the last flush

    /// @param rounds keep it alive when it lasts, and end it when all is said and the other side stays
    Upstream(Rounds rounds, Exchange exchange, Client client, boolean toHead, boolean toUpgrade) {
        this.rounds = rounds;
        this.exchange = exchange;
        this.client = client;
        this.toHead = toHead;
        this.toUpgrade = toUpgrade;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        rounds.add(ctx.channel().eventLoop(), this);
        exchange.connected(ctx.channel());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (phase == Phase.DONE || exchange.over()) {
            bytes.release();
            return;
        }
        if (phase == Phase.TUNNEL) {
            client.piece(bytes);
            return;
        }
        ByteBuf all = in == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), in, bytes);
        in = null;
        try {
            advance(all);
            if (all.isReadable() && phase != Phase.DONE && !exchange.over()) {
                in = all.retain();
            }
        } catch (BadMessage bad) {
            phase = phase == Phase.HEAD ? Phase.DONE : phase;
            failed();
        } finally {
            all.release();
        }
    }

    private void advance(ByteBuf all) {
        while (phase == Phase.HEAD && head != null && head.read(all)) {
            answer(head);
        }
        if (phase == Phase.TUNNEL && all.isReadable()) {
            client.piece(all.readRetainedSlice(all.readableBytes()));
        }
        if (phase != Phase.BODY || body == null) {
            return;
        }
        for (ByteBuf piece = body.cut(all); piece != null; piece = body.cut(all)) {
            client.piece(piece);
        }
        if (body.finished()) {
            done(body instanceof ChunkedBody chunked ? chunked.trailers() : List.of());
        }
    }

    private void answer(Head answer) {
        if (answer.status() == 101) {
            if (!toUpgrade || !answer.upgrades()) {
                throw new BadMessage("101 to a request that asked for no other protocol");
            }
            phase = Phase.TUNNEL;
            head = null;
            client.switched(answer);
        } else if (answer.status() < 200) {
            client.interim(answer);
            answer.reset();
        } else {
            Head.Length length = answer.responseLength(toHead);
            phase = Phase.BODY;
            head = null;
            body = Body.of(length, answer.contentLength(), client.raw());
            client.answer(answer, length);
        }
    }

    private void done(List<String> trailers) {
        phase = Phase.DONE;
        exchange.answered();
        client.end(trailers);
        if (context != null && context.channel().isActive()) {
            looks = 0;
            context.channel().config().setAutoRead(true);
        }
    }

    @Override
    public void look() {
        if (phase != Phase.DONE) {
            if (!lasting && context != null) {
                lasting = true;
                Transport.keepAlive(context.channel());
            }
        } else if (++looks == FAREWELL_LOOKS_MAX) {
            close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (phase != Phase.DONE) {
            client.flush();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        rounds.remove(ctx.channel().eventLoop(), this);
        release();
        if (phase != Phase.DONE) {
            ended();
        }
    }

    private void ended() {
        boolean mayEnd = phase == Phase.TUNNEL || (phase == Phase.BODY && body != null && body.endsWithConnection());
        if (failure == null && mayEnd) {
            phase = Phase.DONE;
            exchange.answered();
            client.end(List.of());
        } else {
            failed();
        }
    }

    private void failed() {
        Phase was = phase;
        phase = Phase.DONE;
        if (head != null && was != Phase.TUNNEL) {
            exchange.unreachable();
        } else {
            exchange.broke();
        }
        close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        failure = cause;
        ctx.close();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable() && !exchange.over()) {
            client.sendBody();
            ctx.flush();
        }
    }

    // --- what the exchange asks

    boolean isWritable() {
        return context != null && context.channel().isWritable();
    }

    void write(ByteBuf piece) {
        if (context == null) {
            piece.release();
        } else {
            unsent += piece.readableBytes();
            context.write(piece);
            if (unsent >= Transport.FLUSH_BYTES) {
                flush();
            }
        }
    }

    void flush() {
        unsent = 0;
        if (context != null) {
            context.flush();
        }
    }

    void reading(boolean on) {
        if (context != null && phase != Phase.DONE) {
            context.channel().config().setAutoRead(on);
        }
    }

    void close() {
        if (context != null) {
            phase = Phase.DONE;
            context.close();
        }
    }

    /// The client left: a tunnel still delivers what came before, anything else ends at once.
    void closeForClient() {
        if (context != null && phase == Phase.TUNNEL && context.channel().isActive()) {
            phase = Phase.DONE;
            context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            rounds.add(context.channel().eventLoop(), this);
        } else {
            close();
        }
    }

    /// Whether the answer's head has gone to the client.
    boolean answering() {
        return head == null;
    }

    void closeByReset() {
        if (context != null) {
            phase = Phase.DONE;
            Transport.closeByReset(context.channel());
        }
    }

    /// This connection never came to be: its end means nothing to the exchange.
    void forget() {
        phase = Phase.DONE;
        close();
    }

    private void release() {
        if (in != null) {
            in.release();
            in = null;
        }
    }
}
