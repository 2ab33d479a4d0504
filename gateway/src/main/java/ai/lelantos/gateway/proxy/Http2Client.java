package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One HTTP/2 stream: its request becomes the bytes of an HTTP/1.1 request and takes the same way; its flow control
/// holds back this stream alone.
@SuppressWarnings("FutureReturnValueIgnored") // a write that failed shows as the end of its stream
final class Http2Client extends ChannelInboundHandlerAdapter implements Client {

    /// For the rest of a request that was answered before it was whole. A client that is reset before takes its answer
    /// for lost, also when only the empty frame that ends its body was missing.
    private static final int REST_SECONDS_MAX = 10;

    private final Switchboard board;
    private final String scheme;
    private final Head head = Head.ofRequest();
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(); // at most what one window lets in
    private @Nullable ChannelHandlerContext context;
    private @Nullable Exchange exchange;
    private boolean begun;
    private boolean chunking; // the request's body goes on in chunks
    private boolean ready; // the other side takes the body
    private boolean received; // the request is complete
    private boolean passedOn; // and has gone on
    private boolean answered;
    private boolean finished;
    private long body; // bytes of it that came
    private long answeredAt; // so many of them before the answer
    private @Nullable Future<?> parting; // waits for the rest
    private String trailers = "";

    Http2Client(Switchboard board, String scheme) {
        this.board = board;
        this.scheme = scheme;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    // --- from the client

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (message) {
                case Http2HeadersFrame headers when !begun -> begin(headers);
                case Http2HeadersFrame headers -> trailers(headers);
                case Http2DataFrame data -> data(data);
                default -> {}
            }
        } catch (BadMessage bad) {
            if (exchange != null) {
                exchange.clientGone();
            }
            if (answered) {
                broken();
            } else {
                refuse(new Refusal.Malformed(bad.status(), bad.text()));
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(Http2HeadersFrame frame) {
        begun = true;
        received = frame.isEndStream();
        passedOn = received;
        ByteBuf bytes = Http2Heads.request(frame.headers(), context().alloc());
        try {
            if (!head.read(bytes)) {
                throw new BadMessage("malformed request");
            }
        } finally {
            bytes.release();
        }
        chunking = !received && head.contentLength() < 0;
        exchange = new Exchange(board, this, head);
        if (chunking) {
            exchange.expectBody();
        }
        if (!received) {
            channel().config().setAutoRead(false);
        }
        exchange.start();
    }

    private void trailers(Http2HeadersFrame frame) {
        if (!frame.isEndStream()) {
            throw new BadMessage("header fields in the middle of a body");
        }
        trailers = Http2Heads.trailers(frame.headers());
        received = true;
        parted();
        pass();
    }

    private void data(Http2DataFrame frame) {
        received |= frame.isEndStream();
        body += frame.content().readableBytes();
        if (finished || exchange == null) {
            parted();
            return;
        }
        if (frame.content().isReadable()) {
            waiting.add(frame.content().retain());
        }
        pass();
    }

    private void pass() {
        Exchange exchange = this.exchange;
        if (!ready || exchange == null) {
            return;
        }
        while (exchange.takesBody() && !waiting.isEmpty()) {
            ByteBuf piece = waiting.poll();
            if (!chunking) {
                exchange.body(piece);
                continue;
            }
            ByteBuf size = context().alloc().directBuffer(12);
            ByteBufUtil.writeAscii(size, Integer.toHexString(piece.readableBytes()));
            Forwarding.crlf(size);
            exchange.body(size);
            exchange.body(piece);
            exchange.body(ascii("\r\n"));
        }
        if (received && waiting.isEmpty() && !passedOn) {
            passedOn = true;
            if (chunking) {
                exchange.body(ascii("0\r\n" + trailers + "\r\n"));
            }
        }
        channel().config().setAutoRead(waiting.isEmpty());
        exchange.flushBody();
    }

    private ByteBuf ascii(String text) {
        return ByteBufUtil.writeAscii(context().alloc(), text);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            gone();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        gone();
        ctx.close();
    }

    private void gone() {
        finished = true;
        received = true;
        parted();
        if (exchange != null) {
            exchange.clientGone();
            exchange = null;
        }
        drop();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.clientWritable(ctx.channel().isWritable());
        }
    }

    // --- from the other side

    @Override
    public Channel channel() {
        return context().channel();
    }

    @Override
    public boolean raw() {
        return false;
    }

    @Override
    public String scheme() {
        return scheme;
    }

    @Override
    public void sendBody() {
        ready = true;
        pass();
    }

    @Override
    public void interim(Head answer) {
        context().writeAndFlush(new DefaultHttp2HeadersFrame(Http2Heads.response(answer), false));
    }

    @Override
    public void answer(Head answer, Head.Length length) {
        answered = true;
        finished = length == Head.Length.NONE;
        context().write(new DefaultHttp2HeadersFrame(Http2Heads.response(answer), finished));
    }

    @Override
    public void switched(Head answer) {
        throw new IllegalStateException("no stream asks for another protocol");
    }

    @Override
    public void piece(ByteBuf piece) {
        context().write(new DefaultHttp2DataFrame(piece, false));
    }

    @Override
    public void flush() {
        context().flush();
    }

    @Override
    public void end(List<String> lines) {
        if (!finished && lines.isEmpty()) {
            context().write(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
        } else if (!finished) {
            var trailers = new DefaultHttp2Headers();
            for (String line : lines) {
                int colon = line.indexOf(':');
                trailers.add(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
            context().write(new DefaultHttp2HeadersFrame(trailers, true));
        }
        complete();
    }

    private void complete() {
        finished = true;
        exchange = null;
        drop();
        context().flush();
        if (!received) {
            answeredAt = body;
            parting = channel().eventLoop().schedule(this::part, REST_SECONDS_MAX, TimeUnit.SECONDS);
            channel().config().setAutoRead(true);
            if (head.contentLength() - body > UNWANTED_BYTES_MAX) {
                part();
            }
        }
    }

    /// After the answer: the request is whole, or enough of it was read away.
    private void parted() {
        Future<?> waiting = parting;
        if (waiting != null && received) {
            parting = null;
            waiting.cancel(false);
        } else if (waiting != null && body - answeredAt > UNWANTED_BYTES_MAX) {
            part();
        }
    }

    /// The answer is whole and the request isn't: the client may stop sending it.
    private void part() {
        if (!received) {
            received = true;
            parted();
            context().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
        }
    }

    @Override
    public void broken() {
        finished = true;
        exchange = null;
        drop();
        context().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
    }

    @Override
    public void refuse(Refusal refusal) {
        answered = true;
        ErrorPage page = ErrorPage.of(refusal, head);
        byte[] text = page.body().getBytes(StandardCharsets.UTF_8);
        Http2Headers headers = new DefaultHttp2Headers()
                .status(Integer.toString(page.status()))
                .add("content-type", page.contentType())
                .addInt("content-length", text.length)
                .add("cache-control", "no-store");
        boolean bare = head.methodIs("HEAD");
        context().write(new DefaultHttp2HeadersFrame(headers, bare));
        if (!bare) {
            context().write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(text), true));
        }
        complete();
    }

    private void drop() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }
}
