package ai.lelantos.envd.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The host's own way to its agent: a listening socket that the agent is started with as its standard input. No path
/// inside the sandbox leads there, and no web server stands between: who this sandbox is costs a line, not a request.
///
/// One connection, one line: the body of `/init`, its time as `unixNanos`; answered with one line, the status it would
/// have, and why.
public final class HostLine {

    private static final Logger LOG = LoggerFactory.getLogger(HostLine.class);

    /// A line with all the environment and certificates of a sandbox.
    private static final int LINE_BYTES_MAX = 4 << 20;

    private static final int PIECE_BYTES = 8 << 10;

    private final Init init;

    public HostLine(Init init) {
        this.init = init;
    }

    /// Answers for as long as the process lives, if it was given such a socket; else does nothing.
    public void open() throws IOException {
        Channel given = System.inheritedChannel();
        if (given instanceof ServerSocketChannel line) {
            var _ = Thread.ofPlatform().name("host-line").daemon().start(() -> serve(line));
        }
    }

    /// One caller after the other: there is one host, and it asks once or twice in a sandbox's life.
    void serve(ServerSocketChannel line) {
        while (line.isOpen()) {
            try (SocketChannel host = line.accept()) {
                answer(host);
            } catch (IOException left) {
                LOG.debug("the host left its line", left);
            }
        }
    }

    private void answer(SocketChannel host) throws IOException {
        byte[] body = line(host);
        if (body != null) {
            Init.Outcome outcome = body.length > LINE_BYTES_MAX
                    ? new Init.Outcome(400, "the line is longer than " + LINE_BYTES_MAX + " bytes")
                    : init.apply(body);
            String text = outcome.status() + " " + outcome.message().replace('\n', ' ') + "\n";
            var answer = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (answer.hasRemaining()) {
                var _ = host.write(answer);
            }
        }
    }

    /// Up to the line's end, or one byte too many; null when the host left before it.
    private static byte @Nullable [] line(SocketChannel host) throws IOException {
        var all = new ByteArrayOutputStream();
        var piece = ByteBuffer.allocate(PIECE_BYTES);
        while (all.size() <= LINE_BYTES_MAX) {
            if (host.read(piece.clear()) < 0) {
                return null;
            }
            int size = piece.position();
            boolean end = size > 0 && piece.get(size - 1) == '\n';
            all.write(piece.array(), 0, end ? size - 1 : size);
            if (end) {
                break;
            }
        }
        return all.toByteArray();
    }
}
