package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a sandbox may ask of its host: who am I, and here are lines of my log. The asker is known by its address, never
/// by what it says. One request a connection.
@SuppressWarnings("FutureReturnValueIgnored") // a write that failed shows as the end of its channel
final class HostService extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger("ai.lelantos.guest");
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int BODY_BYTES_MAX = 64 * 1024;
    private static final int LINES_MAX = 1_000; // of one request
    private static final List<String> STREAMS = List.of("stdout", "stderr", "agent");
    private static final int WAIT_SECONDS_MAX = 10; // for a whole request

    private final Running running;
    private final Head head = Head.ofRequest();
    private @Nullable Body body;
    private @Nullable ByteBuf collected;
    private boolean answered;

    HostService(Running running) {
        this.running = running;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        var late = ctx.executor().schedule(() -> ctx.close(), WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        ctx.channel().closeFuture().addListener(_ -> late.cancel(false));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            if (!answered && (body != null || head.read(in))) {
                collect(ctx, in);
            }
        } catch (BadMessage bad) {
            answer(ctx, bad.status(), "text/plain; charset=utf-8", bad.text() + "\n");
        } finally {
            in.release();
        }
    }

    private void collect(ChannelHandlerContext ctx, ByteBuf in) {
        if (body == null) {
            body = Body.of(head.requestLength(), head.contentLength(), false);
            collected = ctx.alloc().buffer();
        }
        for (ByteBuf piece = body.cut(in); piece != null && collected != null; piece = body.cut(in)) {
            if (collected.readableBytes() + piece.readableBytes() > BODY_BYTES_MAX) {
                piece.release();
                throw new BadMessage(413, "Content Too Large");
            }
            collected.writeBytes(piece);
            piece.release();
        }
        if (body.finished() && collected != null) {
            serve(ctx, collected.toString(StandardCharsets.UTF_8));
        }
    }

    private void serve(ChannelHandlerContext ctx, String text) {
        String caller = caller(((InetSocketAddress) ctx.channel().remoteAddress()).getAddress());
        String path = head.target().split("\\?", 2)[0];
        if (caller == null) {
            answer(ctx, 403, "application/json", problem(403, "this address is no running sandbox's"));
        } else if (path.equals("/me") && head.methodIs("GET")) {
            answer(ctx, 200, "application/json", "{\"sandboxID\":" + ErrorPage.quoted(caller) + "}");
        } else if (path.equals("/logs") && head.methodIs("POST")) {
            log(ctx, caller, text);
        } else if (path.equals("/me") || path.equals("/logs")) {
            answer(ctx, 405, "application/json", problem(405, "GET /me and POST /logs are served here"));
        } else {
            answer(ctx, 404, "application/json", problem(404, "GET /me and POST /logs are served here"));
        }
    }

    private void log(ChannelHandlerContext ctx, String caller, String text) {
        try {
            JsonNode line = JSON.readTree(text);
            if (!line.isObject()) {
                answer(ctx, 400, "application/json", problem(400, "expected one JSON object"));
            } else if (!caller.equals(line.path("instanceID").asString(""))) {
                answer(ctx, 403, "application/json", problem(403, "instanceID is not this sandbox's"));
            } else {
                running.log(caller, said(line, text))
                        .subscribe(
                                _ -> {},
                                failure -> ctx.executor().execute(() -> notKept(ctx, caller, failure)),
                                () -> ctx.executor().execute(() -> answer(ctx, 200, "application/json", "{}")));
            }
        } catch (JacksonException malformed) {
            answer(ctx, 400, "application/json", problem(400, "expected one JSON object"));
        }
    }

    /// One line, as anybody writes it, or those that the agent gathered.
    private static List<Running.Said> said(JsonNode body, String text) {
        JsonNode lines = body.path("lines");
        if (!lines.isArray()) {
            return List.of(one(body, text));
        }
        if (lines.size() > LINES_MAX) {
            throw new BadMessage(400, "more than " + LINES_MAX + " lines");
        }
        return lines.valueStream().map(line -> one(line, "")).toList();
    }

    private static Running.Said one(JsonNode line, String otherwise) {
        var fields = new LinkedHashMap<String, String>();
        String stream = line.path("stream").asString("");
        fields.put("stream", STREAMS.contains(stream) ? stream : "guest");
        if (line.path("pid").isInt()) {
            fields.put("pid", Integer.toString(line.path("pid").asInt()));
        }
        return new Running.Said(
                line.path("level").asString("info"), line.path("message").asString(otherwise), fields);
    }

    private void notKept(ChannelHandlerContext ctx, String caller, Throwable failure) {
        LOG.atWarn().addKeyValue("sandbox", caller).setCause(failure).log("a line of its log was not kept");
        answer(ctx, 503, "application/json", problem(503, "the line could not be kept"));
    }

    private @Nullable String caller(InetAddress address) {
        for (Route route : running.all()) {
            if (route.address().equals(address)) {
                return route.sandboxId();
            }
        }
        return null;
    }

    private static String problem(int code, String message) {
        return "{\"code\":" + code + ",\"message\":" + ErrorPage.quoted(message) + "}";
    }

    private void answer(ChannelHandlerContext ctx, int status, String type, String text) {
        answered = true;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuf out = ctx.alloc().buffer();
        ByteBufUtil.writeAscii(out, "HTTP/1.1 " + status + " " + Reason.of(status));
        Forwarding.crlf(out);
        Forwarding.line(out, "Content-Type", type);
        Forwarding.line(out, "Content-Length", Integer.toString(bytes.length));
        Forwarding.line(out, "Connection", "close");
        Forwarding.crlf(out);
        out.writeBytes(bytes);
        ctx.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (collected != null) {
            collected.release();
            collected = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Unforeseen.log(cause);
        ctx.close();
    }
}
