package ai.lelantos.envd.process;

import ai.lelantos.envd.access.HomePath;
import ai.lelantos.envd.host.Globals;
import ai.lelantos.envd.linux.Command;
import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.NativeProcess;
import ai.lelantos.envd.linux.Spawner;
import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.logs.OutputLog;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.PTY;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.ProcessInfo;
import ai.lelantos.protocol.process.StartRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Turns a request into a running process, or into the error the contract has for it.
final class Start {

    /// What an error message quotes of a command line, characters.
    private static final int QUOTED_MAX = 4_096;

    /// What all replay rings may keep together: an eighth of the heap, and no more than this.
    private static final long REPLAY_BYTES_MAX = 16 << 20;

    private final Loop loop;
    private final Spawner spawner;
    private final Processes processes;
    private final Globals globals;
    private final Cgroups cgroups;
    private final OutputLog log;
    private final String path;
    private final ReplayStore replays =
            new ReplayStore(Math.min(REPLAY_BYTES_MAX, Runtime.getRuntime().maxMemory() / 8));

    /// @param path the agent's own PATH, the only variable of its environment that commands inherit
    Start(
            Loop loop,
            Spawner spawner,
            Processes processes,
            Globals globals,
            Cgroups cgroups,
            OutputLog log,
            String path) {
        this.loop = loop;
        this.spawner = spawner;
        this.processes = processes;
        this.globals = globals;
        this.cgroups = cgroups;
        this.log = log;
        this.path = path;
    }

    /// Starts and lists the process; nothing of it is read before [Child#begin].
    Child start(StartRequest request, User user) {
        ProcessConfig config = request.getProcess();
        Command command = command(request, user, directory(config, user));
        if (processes.count() >= Processes.LIVE_MAX) {
            throw new Refused(
                    Code.RESOURCE_EXHAUSTED,
                    "the sandbox runs " + Processes.LIVE_MAX + " commands already, no more fit");
        }
        try {
            NativeProcess process = spawner.spawn(command);
            var info = ProcessInfo.newBuilder().setConfig(config).setPid(process.pid());
            if (request.hasTag()) {
                info.setTag(request.getTag());
            }
            var output = log.source(process.pid());
            var child =
                    new Child(loop, process, info.build(), request.hasPty(), replays.newRing(), output, this::retire);
            processes.add(child);
            return child;
        } catch (Errno e) {
            throw new Refused(Code.INVALID_ARGUMENT, failure(command) + ": " + e.getMessage());
        }
    }

    /// Forgetting needs no caller: what an idle sandbox no longer owes anybody, it does not keep.
    private void retire(Child child) {
        processes.retire(child);
        var _ = loop.after(Processes.REMEMBERED, processes::sweep);
    }

    private String directory(ProcessConfig config, User user) {
        try {
            String directory = HomePath.resolve(config.getCwd(), user, globals.defaultWorkdir());
            if (!Spawner.exists(directory)) {
                throw new Refused(Code.INVALID_ARGUMENT, "cwd '" + directory + "' does not exist");
            }
            return directory;
        } catch (IllegalArgumentException e) {
            throw new Refused(Code.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
        } catch (Errno e) {
            throw new Refused(Code.INVALID_ARGUMENT, "cwd '" + config.getCwd() + "': " + e.getMessage());
        }
    }

    private Command command(StartRequest request, User user, String directory) {
        ProcessConfig config = request.getProcess();
        var arguments = new ArrayList<String>(config.getArgsCount() + 1);
        arguments.add(config.getCmd());
        arguments.addAll(config.getArgsList());
        return new Command(
                arguments,
                environment(user, config.getEnvsMap()),
                user,
                directory,
                request.hasPty() ? Optional.of(size(request.getPty())) : Optional.empty(),
                !request.hasStdin() || request.getStdin(),
                cgroups.procs(request.hasPty(), request.getTag()));
    }

    /// Later ones win: the agent's PATH, the user, the sandbox, the request.
    private List<String> environment(User user, Map<String, String> requested) {
        var all = new LinkedHashMap<String, String>();
        all.put("PATH", path);
        all.put("HOME", user.home());
        all.put("USER", user.name());
        all.put("LOGNAME", user.name());
        all.putAll(globals.environment());
        all.putAll(requested);
        return all.entrySet().stream()
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .toList();
    }

    static Command.Size size(PTY pty) {
        return new Command.Size(pty.getSize().getCols(), pty.getSize().getRows());
    }

    private static String failure(Command command) {
        String line = String.join(" ", command.arguments());
        String quoted = "'" + (line.length() > QUOTED_MAX ? line.substring(0, QUOTED_MAX) + "…" : line) + "'";
        return command.terminal()
                .map(size -> "error starting pty with command " + quoted + " in dir '" + command.directory()
                        + "' with '" + Integer.toUnsignedString(size.columns()) + "' cols and '"
                        + Integer.toUnsignedString(size.rows()) + "' rows")
                .orElse("error starting process " + quoted);
    }
}
