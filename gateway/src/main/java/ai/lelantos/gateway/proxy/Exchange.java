package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/// One request on its way: who is meant, may it pass, dial, then bytes both ways until either side is done.
/// Everything happens on the client's event loop; the connection to the sandbox lives on the same one.
@SuppressWarnings("FutureReturnValueIgnored") // a write or close that failed shows as the end of its channel
final class Exchange {

    private static final int[] DIAL_PAUSES_MS = {100, 200, 300, 400}; // between five attempts

    private final Switchboard board;
    private final Client client;
    private final Head request;
    private final EventLoop loop;

    private Target.@Nullable Port port;
    private Lanes.@Nullable Lane lane;
    private @Nullable Disposable waking;
    private @Nullable Upstream upstream;
    private @Nullable ByteBuf unsent; // of the request's head
    private @Nullable Future<?> handshake; // that is taking its time,
    private @Nullable InetSocketAddress shaking; // with whom
    private int dials;
    private boolean connected;
    private boolean bodyExpected;
    private boolean over;

    Exchange(Switchboard board, Client client, Head request) {
        this.board = board;
        this.client = client;
        this.request = request;
        this.loop = client.channel().eventLoop();
    }

    /// Decides in the contract's order: target, reserved path, running or woken, token, limit; then dials.
    void start() {
        switch (board.target(request)) {
            case Target.Nobody nobody -> refuse(new Refusal.Malformed(400, nobody.message()));
            case Target.Api _ -> startApi();
            case Target.Port named -> startPort(named);
        }
    }

    private void startApi() {
        SocketAddress api = board.api().get();
        if (api == null) {
            refuse(new Refusal.ApiAway());
        } else {
            dial(api, false);
        }
    }

    private void startPort(Target.Port named) {
        port = named;
        if (named.port() == Switchboard.AGENT_PORT) {
            String reserved = InternalPath.of(request.target());
            if (reserved != null) {
                refuse(new Refusal.Reserved(reserved));
                return;
            }
        }
        Route route = board.running().find(named.sandboxId());
        if (route != null) {
            enter(named, route);
            return;
        }
        var credentials = new Running.Credentials(
                named.port(), request.value(Field.X_ACCESS_TOKEN), request.value(Field.E2B_TRAFFIC_ACCESS_TOKEN));
        waking = board.lifecycle()
                .wake(
                        named.sandboxId(),
                        credentials,
                        loop,
                        woken -> woken(named, woken),
                        failure -> notWoken(named, failure));
    }

    private void woken(Target.Port named, Route route) {
        if (!over) {
            enter(named, route);
        }
    }

    private void notWoken(Target.Port named, Throwable failure) {
        if (over) {
            return;
        }
        if (!(failure instanceof Running.WakeRefused refused)) {
            refuse(new Refusal.NotFound(named.sandboxId()));
            return;
        }
        refuse(
                switch (refused.reason()) {
                    case NOT_FOUND -> new Refusal.NotFound(named.sandboxId());
                    case CREDENTIALS -> new Refusal.ResumeDenied(named.sandboxId());
                    case TRANSITIONING -> new Refusal.Transitioning(named.sandboxId());
                    case TEAM_LIMIT -> new Refusal.TeamLimit(named.sandboxId(), String.valueOf(refused.getMessage()));
                });
    }

    private void enter(Target.Port named, Route route) {
        String wanted = route.trafficToken();
        if (wanted != null && named.port() != Switchboard.AGENT_PORT) {
            String brought = request.value(Field.E2B_TRAFFIC_ACCESS_TOKEN);
            if (brought == null || brought.isEmpty()) {
                refuse(new Refusal.TokenMissing(named.sandboxId()));
                return;
            }
            if (!MessageDigest.isEqual(
                    wanted.getBytes(StandardCharsets.ISO_8859_1), brought.getBytes(StandardCharsets.ISO_8859_1))) {
                refuse(new Refusal.TokenWrong(named.sandboxId()));
                return;
            }
        }
        lane = board.lanes().enter(route, this);
        if (lane == null) {
            refuse(new Refusal.ConnectionLimit(named.sandboxId(), route.connectionsMax()));
            return;
        }
        boolean secure =
                named.port() != Switchboard.AGENT_PORT && route.httpsPorts().contains(named.port());
        dial(new InetSocketAddress(route.address(), named.port()), secure);
    }

    private void dial(SocketAddress address, boolean secure) {
        if (!secure && board.transport() == Transport.EPOLL && address instanceof InetSocketAddress inet) {
            dialEagerly(inet);
            return;
        }
        Channel channel = board.transport().socket(address);
        unsent(head());
        Upstream handler = join(channel, secure);
        loop.register(channel).addListener((ChannelFuture registered) -> {
            if (!registered.isSuccess()) {
                dialFailed(handler, address, secure, false);
            } else if (over) {
                channel.close();
            } else {
                channel.connect(address).addListener((ChannelFuture connecting) -> {
                    if (!connecting.isSuccess()) {
                        dialFailed(handler, address, secure, EagerSocket.refused(connecting.cause()));
                    }
                });
            }
        });
    }

    /// The request's head is on its way before the loop knows of the connection.
    private void dialEagerly(InetSocketAddress address) {
        ByteBuf head = head();
        Channel channel;
        try {
            channel = board.transport().socket(address, head);
        } catch (IOException failure) {
            head.release();
            dialFailed(null, address, false, EagerSocket.refused(failure));
            return;
        }
        unsent(head);
        Upstream handler = join(channel, false);
        if (unsent != null) {
            // Still shaking hands: the write of the head tells how that ended, or time does.
            shaking = address;
            handshake = loop.schedule(
                    () -> dialFailed(handler, address, false, false),
                    Transport.CONNECT_TIMEOUT_MS,
                    TimeUnit.MILLISECONDS);
        }
        loop.register(channel).addListener((ChannelFuture registered) -> {
            if (!registered.isSuccess()) {
                dialFailed(handler, address, false, false);
            }
        });
    }

    private void unsent(@Nullable ByteBuf head) {
        ReferenceCountUtil.release(unsent);
        unsent = head == null || head.isReadable() ? head : null;
        if (unsent == null) {
            ReferenceCountUtil.release(head);
        }
    }

    private Upstream join(Channel channel, boolean secure) {
        var handler = new Upstream(board.parting(), this, client, request.methodIs("HEAD"), request.upgrades());
        upstream = handler;
        if (secure) {
            channel.pipeline().addLast(GuestTls.handler(channel));
        }
        channel.pipeline().addLast(handler);
        return handler;
    }

    private void dialFailed(@Nullable Upstream handler, SocketAddress address, boolean secure, boolean again) {
        if (handler != null) {
            handler.forget();
        }
        if (over) {
            return;
        }
        if (again && dials < DIAL_PAUSES_MS.length && lane != null) {
            loop.schedule(
                    () -> {
                        if (!over) {
                            dial(address, secure);
                        }
                    },
                    DIAL_PAUSES_MS[dials++],
                    TimeUnit.MILLISECONDS);
            return;
        }
        unreachable();
    }

    /// Nobody answers where the answer should come from.
    void unreachable() {
        refuse(port == null ? new Refusal.ApiAway() : new Refusal.PortClosed(port.sandboxId(), port.port()));
    }

    // --- from the sandbox's side

    /// The other side is there: sends it the head, then the body may follow.
    void connected(Channel channel) {
        if (over) {
            channel.close();
            return;
        }
        ByteBuf head = unsent;
        unsent = null;
        if (head == null) {
            begin(channel);
        } else {
            channel.writeAndFlush(head).addListener((ChannelFuture sent) -> headSent(sent));
        }
    }

    private void headSent(ChannelFuture sent) {
        if (handshake != null) {
            handshake.cancel(false);
        }
        if (over) {
            return;
        }
        if (sent.isSuccess()) {
            begin(sent.channel());
        } else if (shaking != null && EagerSocket.refused(sent.cause())) {
            dialFailed(upstream, shaking, false, true);
        }
    }

    /// The other side has the head: the body may follow.
    private void begin(Channel channel) {
        connected = true;
        client.sendBody();
        channel.flush();
        clientWritable(client.channel().isWritable());
    }

    private ByteBuf head() {
        boolean framed = !request.chunked() && request.contentLength() < 0 && bodyExpected;
        ByteBuf head = client.channel().alloc().directBuffer(request.size() + 128);
        Route route = lane == null ? null : lane.route();
        if (port == null) {
            Forwarding.request(request, null, "X-Forwarded-Proto: " + client.scheme() + "\r\n", framed, head);
        } else if (route != null && route.maskRequestHost() != null && port.port() != Switchboard.AGENT_PORT) {
            String mask = route.maskRequestHost().replace("${PORT}", Integer.toString(port.port()));
            String original = request.value(Field.HOST);
            Forwarding.request(
                    request, mask, original == null ? "" : "X-Forwarded-Host: " + original + "\r\n", framed, head);
        } else {
            Forwarding.request(request, port.host(), "", framed, head);
        }
        return head;
    }

    /// The request has a body whose head announces no length (HTTP/2 only).
    void expectBody() {
        bodyExpected = true;
    }

    /// The answer came whole.
    void answered() {
        leave();
    }

    // --- from the client's side

    boolean takesBody() {
        return connected && upstream != null && upstream.isWritable();
    }

    void body(ByteBuf piece) {
        if (over || upstream == null) {
            ReferenceCountUtil.release(piece);
        } else {
            upstream.write(piece);
        }
    }

    void flushBody() {
        if (!over && upstream != null) {
            upstream.flush();
        }
    }

    /// Whether the client takes more of the answer now.
    void clientWritable(boolean writable) {
        if (upstream != null) {
            upstream.reading(writable);
        }
    }

    /// The client left, or lost interest: what was begun for it ends at once.
    void clientGone() {
        if (!over) {
            leave();
            if (upstream != null) {
                upstream.closeForClient();
            }
        }
    }

    // --- from neither

    /// The run of the sandbox is over: an answer breaks off, who waits for one hears what the next request would.
    /// Called from any thread.
    void lifecycleEnded() {
        loop.execute(() -> {
            if (over) {
                return;
            }
            leave();
            boolean answering = upstream != null && upstream.answering();
            if (upstream != null) {
                upstream.closeByReset();
            }
            if (answering || port == null) {
                client.broken();
            } else {
                client.refuse(new Refusal.NotFound(port.sandboxId()));
            }
        });
    }

    /// The other side is gone in the middle of its answer.
    void broke() {
        if (!over) {
            leave();
            client.broken();
        }
    }

    void refuse(Refusal refusal) {
        if (!over) {
            leave();
            if (upstream != null) {
                upstream.close();
            }
            client.refuse(refusal);
        }
    }

    boolean over() {
        return over;
    }

    private void leave() {
        over = true;
        unsent(null);
        if (waking != null) {
            waking.dispose();
        }
        if (lane != null) {
            board.lanes().leave(lane, this);
        }
    }
}
