package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.MachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What a restarted gateway must know of a machine, in `machine.json` of its directory; compared with what runs
/// before it is believed.
///
/// @param pid the machine's first process, 0 while none runs
/// @param startedTicks that process's start time, so that another process with its number is not mistaken for it
/// @param hostBoot the boot of the host it was started in
/// @param claimed whether it was given to a caller, not waiting in a pool
record MachineFile(
        String id,
        long pid,
        long startedTicks,
        String hostBoot,
        int place,
        boolean internet,
        boolean claimed,
        MachineSpec spec) {

    private static final String NAME = "machine.json";
    private static final JsonMapper JSON = JsonMapper.shared();

    /// Field 22 of `/proc/<pid>/stat`, counted after the command name's closing parenthesis.
    private static final int START_FIELD = 19;

    MachineFile given() {
        return new MachineFile(id, pid, startedTicks, hostBoot, place, internet, true, spec);
    }

    MachineFile halted() {
        return new MachineFile(id, 0, 0, hostBoot, place, internet, true, spec);
    }

    /// Whether its first process is the one that runs under that number now.
    boolean runs() throws IOException {
        return pid > 0 && hostBoot.equals(bootOfHost()) && startedTicks(pid) == startedTicks;
    }

    void write(Path directory) throws IOException {
        Trees.replace(directory.resolve(NAME), JSON.writeValueAsString(this));
    }

    /// The file of a directory; null when there is none, or none that can be understood.
    static @Nullable MachineFile read(Path directory) throws IOException {
        try {
            return JSON.readValue(Files.readString(directory.resolve(NAME)), MachineFile.class);
        } catch (NoSuchFileException | JacksonException unusable) {
            return null;
        }
    }

    /// When a process began, in the kernel's ticks; -1 when there is none, or only its corpse.
    static long startedTicks(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[0].equals("Z") || fields[0].equals("X") ? -1 : Long.parseLong(fields[START_FIELD]);
        } catch (NoSuchFileException gone) {
            return -1;
        } catch (IOException gone) {
            if (Files.exists(Path.of("/proc", Long.toString(pid)))) {
                throw gone;
            }
            return -1; // it ended between open and read
        }
    }

    static String bootOfHost() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }
}
