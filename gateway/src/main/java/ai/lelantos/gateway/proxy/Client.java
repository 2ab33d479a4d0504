package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.List;

/// The client's side of one exchange, whichever protocol it speaks. Called on its own event loop only.
interface Client {

    /// Of a body that nobody takes any more: read and thrown away, so that its sender hears the answer.
    long UNWANTED_BYTES_MAX = 8 * 1024 * 1024;

    /// The connection or stream that this client is.
    Channel channel();

    /// Whether pieces of a chunked body are wanted with their framing, to be passed on as they are.
    boolean raw();

    /// `https` or `http`, as this client came.
    String scheme();

    /// The other side takes (more of) the request's body.
    void sendBody();

    /// A 1xx answer.
    void interim(Head head);

    /// The answer begins.
    void answer(Head head, Head.Length length);

    /// A 101: from now on every piece, in both directions, is the new protocol's.
    void switched(Head head);

    /// A piece of the answer's body; the client owns it.
    void piece(ByteBuf piece);

    void flush();

    /// The answer is complete.
    void end(List<String> trailers);

    /// The other side is gone in the middle: the client must notice that this is no end.
    void broken();

    /// The front's own answer, instead of any other.
    void refuse(Refusal refusal);
}
