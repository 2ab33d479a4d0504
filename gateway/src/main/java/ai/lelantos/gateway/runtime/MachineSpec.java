package ai.lelantos.gateway.runtime;

/// What a machine is made of.
///
/// @param template id of the template whose image it boots
/// @param build which build of that template: the image's directory name under `images/<template>/`
/// @param cpuCount whole virtual CPUs
/// @param memoryMb memory limit in MiB
/// @param diskMb writable disk in MiB
/// @param internet whether it may reach anything but its own host service
public record MachineSpec(String template, String build, int cpuCount, int memoryMb, int diskMb, boolean internet) {}
