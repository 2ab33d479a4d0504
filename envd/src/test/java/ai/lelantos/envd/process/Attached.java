package ai.lelantos.envd.process;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.protocol.process.ProcessEvent;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// One stream of a process' events, read as far as the test asks; closing it is a client that leaves.
final class Attached implements AutoCloseable {

    private final AgentClient.Answers<?> answers;
    private final Function<Message, ProcessEvent> eventOf;
    private final int pid;
    private final StringBuilder order = new StringBuilder();
    private ByteString stdout = ByteString.EMPTY;
    private ByteString stderr = ByteString.EMPTY;
    private ByteString terminal = ByteString.EMPTY;
    private int keepalives;

    @SuppressWarnings("unchecked") // the answers are of the type the function takes
    <T extends Message> Attached(AgentClient.Answers<T> answers, Function<T, ProcessEvent> eventOf) {
        this.answers = answers;
        this.eventOf = message -> eventOf.apply((T) message);
        ProcessEvent first = next().orElseThrow();
        if (!first.hasStart()) {
            throw new AssertionError("the first event is " + first);
        }
        pid = first.getStart().getPid();
    }

    int pid() {
        return pid;
    }

    Optional<String> header(String name) {
        return answers.header(name);
    }

    /// The next event, or nothing after a clean end of the stream.
    Optional<ProcessEvent> next() {
        Optional<ProcessEvent> event = answers.next().map(eventOf);
        event.ifPresent(this::note);
        return event;
    }

    /// The same for streams too long to remember.
    Optional<ProcessEvent> nextUnkept() {
        return answers.next().map(eventOf);
    }

    /// Reads to the last event, and to the end of the stream right behind it.
    @CanIgnoreReturnValue
    ProcessEvent.EndEvent finish() {
        ProcessEvent end = await(ProcessEvent::hasEnd);
        if (next().isPresent()) {
            throw new AssertionError("events after the end");
        }
        return end.getEnd();
    }

    /// Reads until standard output or the terminal has shown the text.
    @CanIgnoreReturnValue
    Attached awaitText(String text) {
        while (!stdout().contains(text) && !terminal().contains(text)) {
            var _ = await(ProcessEvent::hasData);
        }
        return this;
    }

    /// Reads to the first event that fits; that the stream ends before is an error.
    ProcessEvent await(Predicate<ProcessEvent> wanted) {
        while (true) {
            ProcessEvent event = next().orElseThrow(() -> new AssertionError("the stream ended after " + order));
            if (wanted.test(event)) {
                return event;
            }
            if (event.hasEnd()) {
                throw new AssertionError(
                        "the process ended: " + event + " stdout: " + stdout() + " stderr: " + stderr());
            }
        }
    }

    String stdout() {
        return stdout.toStringUtf8();
    }

    ByteString stdoutBytes() {
        return stdout;
    }

    String stderr() {
        return stderr.toStringUtf8();
    }

    String terminal() {
        return terminal.toStringUtf8();
    }

    int keepalives() {
        return keepalives;
    }

    @Override
    public void close() {
        answers.close();
    }

    private void note(ProcessEvent event) {
        order.append(event.getEventCase()).append(' ');
        keepalives += event.hasKeepalive() ? 1 : 0;
        if (event.hasData()) {
            stdout = stdout.concat(event.getData().getStdout());
            stderr = stderr.concat(event.getData().getStderr());
            terminal = terminal.concat(event.getData().getPty());
        }
    }
}
