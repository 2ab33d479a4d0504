package ai.lelantos.gateway.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;

/// TLS towards a sandbox's own server. Its certificate proves nothing to us: the address is what we trust.
final class GuestTls {

    private static final SslContext CONTEXT = context();

    private GuestTls() {}

    static ChannelHandler handler(Channel channel) {
        return CONTEXT.newHandler(channel.alloc());
    }

    private static SslContext context() {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .build();
        } catch (SSLException failure) {
            throw new IllegalStateException("no TLS on this Java", failure);
        }
    }
}
