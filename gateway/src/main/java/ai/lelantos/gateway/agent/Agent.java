package ai.lelantos.gateway.agent;

import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/// The gateway's own calls to an agent: no pool, since a machine's address may be another machine's tomorrow.
public final class Agent {

    private static final int CONNECT_MILLIS_MAX = 1_000;

    private final HttpClient client;
    private final int port;

    /// @param port where agents listen, 49983 but for tests
    public Agent(int port) {
        this.port = port;
        this.client = HttpClient.create(ConnectionProvider.newConnection())
                .disableRetry(true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS_MAX);
    }

    String authority(InetAddress host) {
        String text = host.getHostAddress();
        return (text.indexOf(':') < 0 ? text : "[" + text + "]") + ":" + port;
    }

    HttpClient client() {
        return client;
    }

    /// An agent that answered, but not with what was asked for; or did not answer.
    public static final class AgentFailure extends RuntimeException {

        private static final long serialVersionUID = 1L;

        public AgentFailure(String message) {
            super(message, null, false, false);
        }
    }
}
