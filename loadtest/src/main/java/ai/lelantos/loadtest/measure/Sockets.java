package ai.lelantos.loadtest.measure;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The TCP sockets of this machine, as the kernel lists them.
public final class Sockets {

    private static final String LISTENING = "0A";
    private static final String CLOSED_FIRST = "06"; // TIME_WAIT: its pair of ports is taken for a minute

    private Sockets() {}

    /// The process that holds the listening socket of a port.
    static long listener(int port) throws IOException {
        String local = ":%04X".formatted(port);
        String inode = Stream.concat(list("tcp"), list("tcp6"))
                .filter(fields -> fields[1].endsWith(local) && fields[3].equals(LISTENING))
                .map(fields -> "socket:[" + fields[9] + "]")
                .findFirst()
                .orElseThrow(() -> new IOException("nobody listens on port " + port));
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.map(ProcessHandle::pid)
                    .filter(pid -> holds(pid, inode))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no process of ours to see holds port " + port));
        }
    }

    /// Connections to a server that this machine ended first, and whose ports towards it are therefore still taken.
    public static long closedFirst(String address, int port) throws IOException {
        byte[] bytes = Inet4Address.ofLiteral(address).getAddress();
        // The kernel prints an address as the number it is in memory.
        String remote = "%02X%02X%02X%02X:%04X".formatted(bytes[3], bytes[2], bytes[1], bytes[0], port);
        return list("tcp")
                .filter(fields -> fields[2].equals(remote) && fields[3].equals(CLOSED_FIRST))
                .count();
    }

    private static Stream<String[]> list(String family) throws IOException {
        return Files.readAllLines(Path.of("/proc/net", family)).stream()
                .map(line -> line.strip().split(" +", -1))
                .filter(fields -> fields.length > 9);
    }

    private static boolean holds(long pid, String socket) {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return open.anyMatch(each -> {
                try {
                    return Files.readSymbolicLink(each).toString().equals(socket);
                } catch (IOException gone) {
                    return false;
                }
            });
        } catch (IOException gone) {
            return false;
        }
    }
}
