package ai.lelantos.gateway.proxy;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Failures of connections: peers that reset, abort handshakes or break HTTP/2 are daily bread, the rest is ours to
/// mend.
final class Unforeseen {

    private static final Logger LOG = LoggerFactory.getLogger(Unforeseen.class);

    private Unforeseen() {}

    static void log(Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException || cause instanceof Http2Exception) {
            LOG.debug("a connection failed: {}", String.valueOf(cause));
        } else {
            LOG.error("a connection failed for a reason of our own", cause);
        }
    }
}
