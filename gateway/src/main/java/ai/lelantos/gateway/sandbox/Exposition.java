package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.runtime.PoolState;
import java.util.List;
import java.util.function.ToLongFunction;

/// What `/metrics` says, in the text format that Prometheus reads. Pure.
final class Exposition {

    /// The type of its answer.
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder text = new StringBuilder();

    private Exposition() {}

    /// @param sandboxes running on this node
    /// @param heapBytes in use by the gateway
    static String of(long sandboxes, long heapBytes, double uptimeSeconds, List<PoolState> pools) {
        Exposition page = new Exposition();
        page.gauge("lelantos_sandboxes", "Sandboxes that run on this node", Long.toString(sandboxes));
        page.gauge("lelantos_heap_bytes", "Heap in use by the gateway", Long.toString(heapBytes));
        page.gauge("lelantos_uptime_seconds", "Time since the gateway's start", Double.toString(uptimeSeconds));
        page.pools("lelantos_pool_ready", "gauge", "Made ahead and free", pools, PoolState::ready);
        page.pools("lelantos_pool_making", "gauge", "On their way", pools, PoolState::making);
        page.pools("lelantos_pool_target", "gauge", "As many as recent demand asks for", pools, PoolState::target);
        page.pools("lelantos_pool_hits_total", "counter", "Boots served from the pool", pools, PoolState::hits);
        page.pools("lelantos_pool_misses_total", "counter", "Boots that found it empty", pools, PoolState::misses);
        return page.text.toString();
    }

    private void gauge(String name, String help, String value) {
        head(name, "gauge", help);
        text.append(name).append(' ').append(value).append('\n');
    }

    private void pools(String name, String type, String help, List<PoolState> pools, ToLongFunction<PoolState> value) {
        head(name, type, help);
        for (PoolState pool : pools) {
            text.append(name)
                    .append("{pool=\"")
                    .append(pool.name()
                            .replace("\\", "\\\\")
                            .replace("\"", "\\\"")
                            .replace("\n", "\\n"))
                    .append("\"} ")
                    .append(value.applyAsLong(pool))
                    .append('\n');
        }
    }

    private void head(String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }
}
