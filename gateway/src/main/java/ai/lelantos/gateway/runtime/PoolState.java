package ai.lelantos.gateway.runtime;

/// How one pool of machines made ahead stands.
///
/// @param name template and size of its machines, or `slots` for the parts every boot needs
/// @param ready machines that a boot would get now
/// @param making machines on their way
/// @param target how many recent demand asks for
/// @param hits boots served from it since the gateway's start
/// @param misses boots that found it empty
public record PoolState(String name, int ready, int making, int target, long hits, long misses) {}
