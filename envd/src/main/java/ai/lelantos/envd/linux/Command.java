package ai.lelantos.envd.linux;

import java.util.List;
import java.util.Optional;

/// What to run, as whom, where and with which streams.
///
/// @param arguments the command as typed, then its arguments
/// @param environment complete, each `NAME=value`
/// @param directory entered as the user
/// @param terminal the size of the terminal it runs on; pipes when there is none
/// @param stdin whether its standard input is a pipe rather than empty; a terminal is always both
/// @param cgroup the `cgroup.procs` file of the group it is born in; none leaves it in the agent's
public record Command(
        List<String> arguments,
        List<String> environment,
        User user,
        String directory,
        Optional<Size> terminal,
        boolean stdin,
        Optional<String> cgroup) {

    public Command {
        arguments = List.copyOf(arguments);
        environment = List.copyOf(environment);
    }

    /// A terminal's size in characters; the kernel keeps 16 bits of each.
    public record Size(int columns, int rows) {}
}
