package ai.lelantos.envd.rpc;

import com.linecorp.armeria.common.FlagsProvider;

/// Armeria's process-wide settings that have no place on a server builder; found through `META-INF/services`.
public final class AgentFlags implements FlagsProvider {

    /// Ahead of Armeria's defaults, behind system properties.
    @Override
    public int priority() {
        return 0;
    }

    /// Armeria would keep a connection that said `Connection: close` for 3 seconds, in case the client closes first.
    @Override
    public Long defaultHttp1ConnectionCloseDelayMillis() {
        return 0L;
    }
}
