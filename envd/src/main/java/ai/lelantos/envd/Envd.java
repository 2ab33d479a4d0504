package ai.lelantos.envd;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.Precedence;
import com.linecorp.armeria.server.Server;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.logging.Level;
import java.util.logging.Logger;

/// The agent's main: reads its settings, opens its port, prints one line, listens to its host.
public final class Envd {

    /// What a bad setting exits with, as opposed to a failure of the machine.
    private static final int EXIT_USAGE = 2;

    private Envd() {}

    public static void main(String[] args) throws IOException {
        Logger.getLogger("").setLevel(Level.WARNING);
        EnvdSettings settings;
        try {
            settings = EnvdSettings.from(System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println("envd: " + e.getMessage());
            System.exit(EXIT_USAGE);
            return;
        }
        Precedence.take(settings.nice());
        Wiring.Agent agent;
        try {
            agent = Wiring.agent(settings);
        } catch (Errno e) {
            System.err.println("envd: " + e.getMessage());
            System.exit(EXIT_USAGE);
            return;
        }
        Server server = agent.server();
        server.start().join();
        announce(
                System.out,
                settings.host(),
                Objects.requireNonNull(server.activePort()).localAddress().getPort());
        agent.hostLine().open();
    }

    private static void announce(PrintStream out, String host, int port) {
        out.println("envd ready on " + host + ":" + port + " in " + ageMillis() + " ms");
        out.flush();
    }

    /// How long this process has existed, by the kernel's account; in hundredths of a second, as it keeps it.
    private static long ageMillis() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            long startedTicks = Long.parseLong(afterName[19]);
            double uptime =
                    Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", -1)[0]);
            return Math.max(0, Math.round(uptime * 1000) - startedTicks * 10);
        } catch (IOException | RuntimeException _) {
            return 0;
        }
    }
}
