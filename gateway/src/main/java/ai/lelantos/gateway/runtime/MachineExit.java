package ai.lelantos.gateway.runtime;

/// A machine that ended without being asked to.
///
/// @param reason one sentence for the event log
/// @param outOfMemory whether the kernel killed it for its memory limit
public record MachineExit(String machineId, String reason, boolean outOfMemory) {}
