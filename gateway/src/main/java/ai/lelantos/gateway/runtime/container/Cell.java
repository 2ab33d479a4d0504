package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/// A place with its namespaces, network and devices made, and the process that waits in it; `cell.c` tells the rest.
/// Closing it, or the end of this gateway, gives everything back that no machine took over.
final class Cell implements AutoCloseable {

    private final Place place;
    private final Process process;
    private final BufferedWriter words;
    private final BufferedReader answers;

    private Cell(Place place, Process process) {
        this.place = place;
        this.process = process;
        this.words = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    /// Makes a place. Blocks until it is made, some milliseconds.
    static Cell make(Path program, Place place, Cgroups cgroups) throws IOException {
        Instance instance = place.instance();
        Path hide = cgroups.hide();
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        program.toString(),
                        "slot",
                        instance.cell().toString(),
                        Long.toString(place.userIds()),
                        instance.routerFile().toString(),
                        place.link(),
                        place.address(),
                        place.subnet().gateway(),
                        place.mac(),
                        Network.ROUTER_MAC,
                        hide == null ? "-" : hide.toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        builder.environment().put("PATH", Programs.PATH);
        Cell cell = new Cell(place, builder.start());
        try {
            var _ = cell.answer("slot");
            return cell;
        } catch (IOException | RuntimeException failed) {
            cell.close();
            throw failed;
        }
    }

    /// Waits for the cells of an earlier gateway, which end with it, and until which one may still start a machine.
    static void awaitOthers(Instance instance) throws IOException {
        try (FileChannel life =
                FileChannel.open(instance.cellLock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            boolean alone = Look.within((int) Ground.END_LIMIT.toMillis(), () -> life.tryLock() != null);
            if (!alone) {
                throw new IOException("a cell of an earlier gateway did not end within " + Ground.END_LIMIT);
            }
        }
    }

    Place place() {
        return place;
    }

    boolean alive() {
        return process.isAlive();
    }

    /// Attaches a writable layer; waits for an earlier user of it to be gone.
    void disk(Path image, Path empty, Path seed) throws IOException {
        var _ = ask("disk", "disk", image.toString(), empty.toString(), seed.toString());
    }

    /// Starts the machine; gives its first process. The next word is [#ready].
    long boot(Path runtime, Path state, Path bundle, String id, Path lower, Path agent, Duration limit, String sign)
            throws IOException {
        return Long.parseLong(ask(
                "started",
                "boot",
                runtime.toString(),
                state.toString(),
                bundle.toString(),
                id,
                lower.toString(),
                agent.toString(),
                Long.toString(limit.toMillis()),
                sign));
    }

    /// Waits for the agent's ready line; gives the end of what the agent has printed.
    String ready() throws IOException {
        return answer("ready");
    }

    private String ask(String expected, String... command) throws IOException {
        for (String word : command) {
            if (word.indexOf('\t') >= 0 || word.indexOf('\n') >= 0) {
                throw new IOException("a tab or line break in " + word);
            }
        }
        try {
            words.write(String.join("\t", command) + "\n");
            words.flush();
        } catch (IOException gone) {
            // it ended; its last answer says why
        }
        return answer(expected);
    }

    private String answer(String expected) throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IOException("the cell of place " + place.number() + " ended without a word");
        }
        if (line.startsWith("error timeout")) {
            throw new RuntimeRefused(Reason.BOOT_TIMEOUT, "the agent did not answer in time" + line.substring(13));
        }
        if (line.startsWith("error ended")) {
            throw new RuntimeRefused(Reason.BOOT_FAILED, "the agent ended before it answered" + line.substring(11));
        }
        if (!line.startsWith(expected)) {
            throw new IOException("place " + place.number() + ": " + line);
        }
        return line.substring(expected.length()).strip();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try (words;
                answers) {
            // both ends of a process that is gone
        } catch (IOException expected) {
            // flushing what it did not read
        }
    }
}
