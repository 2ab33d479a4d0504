package ai.lelantos.gateway.runtime;

/// What a machine has used, read from its cgroup.
///
/// @param cpuNanos CPU time since boot, over all CPUs
/// @param memoryUsed bytes in use without reclaimable page cache
/// @param memoryCache bytes of page cache
/// @param diskUsed bytes
/// @param oomKills processes the kernel ended for this machine's memory limit since boot; a rise deserves an event
public record Usage(
        long cpuNanos,
        int cpuCount,
        long memoryUsed,
        long memoryTotal,
        long memoryCache,
        long diskUsed,
        long diskTotal,
        int pids,
        long oomKills) {}
