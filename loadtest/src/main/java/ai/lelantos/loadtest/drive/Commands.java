package ai.lelantos.loadtest.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.lelantos.protocol.process.PTY;
import ai.lelantos.protocol.process.ProcessConfig;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.ProcessInput;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.SendInputRequest;
import ai.lelantos.protocol.process.SendSignalRequest;
import ai.lelantos.protocol.process.Signal;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.StartResponse;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/// Commands and terminals of one sandbox, over Connect with binary messages.
public final class Commands {

    private static final int END_OF_STREAM = 2;
    private static final int MESSAGE_BYTES_MAX = 16 << 20;
    private static final int READ_BYTES = 64 << 10;

    private final Platform platform;
    private final Sandbox sandbox;

    Commands(Platform platform, Sandbox sandbox) {
        this.platform = platform;
        this.sandbox = sandbox;
    }

    /// What a finished command left.
    public record Finished(int exitCode, String stdout) {}

    /// Runs a shell line as the SDKs do and collects what it prints.
    public Finished run(String line) {
        var stdout = new StringBuilder();
        int exit = stream(line, data -> stdout.append(data.toStringUtf8()));
        return new Finished(exit, stdout.toString());
    }

    /// Runs a shell line and hands over its output as it comes; the exit code is the answer.
    public int stream(String line, Consumer<ByteString> stdout) {
        var exit = new int[] {Integer.MIN_VALUE};
        events(shell(line).build(), event -> {
            if (event.hasData() && event.getData().hasStdout()) {
                stdout.accept(event.getData().getStdout());
            } else if (event.hasEnd()) {
                exit[0] = event.getEnd().getExitCode();
            }
        });
        if (exit[0] == Integer.MIN_VALUE) {
            throw new Unexpected("the stream ended without the command's end");
        }
        return exit[0];
    }

    /// A terminal; its events go to the consumer until it ends.
    public void terminal(Consumer<ProcessEvent> events) {
        ProcessConfig bash = ProcessConfig.newBuilder()
                .setCmd("/bin/bash")
                .addAllArgs(List.of("-i", "-l"))
                .putEnvs("TERM", "xterm")
                .build();
        var size = PTY.Size.newBuilder().setCols(80).setRows(24);
        events(
                StartRequest.newBuilder()
                        .setProcess(bash)
                        .setPty(PTY.newBuilder().setSize(size))
                        .build(),
                events);
    }

    public void type(int pid, String keys) {
        var input = ProcessInput.newBuilder().setPty(ByteString.copyFromUtf8(keys));
        unary(
                "SendInput",
                SendInputRequest.newBuilder()
                        .setProcess(select(pid))
                        .setInput(input)
                        .build());
    }

    public void kill(int pid) {
        unary(
                "SendSignal",
                SendSignalRequest.newBuilder()
                        .setProcess(select(pid))
                        .setSignal(Signal.SIGNAL_SIGKILL)
                        .build());
    }

    private static StartRequest.Builder shell(String line) {
        ProcessConfig bash = ProcessConfig.newBuilder()
                .setCmd("/bin/bash")
                .addAllArgs(List.of("-l", "-c", line))
                .build();
        return StartRequest.newBuilder().setProcess(bash).setStdin(false);
    }

    private static ProcessSelector select(int pid) {
        return ProcessSelector.newBuilder().setPid(pid).build();
    }

    private void unary(String method, Message message) {
        var request = sandbox.toAgent("/process.Process/" + method)
                .header("Content-Type", "application/proto")
                .POST(BodyPublishers.ofByteArray(message.toByteArray()))
                .build();
        HttpResponse<byte[]> answer = platform.send(request, BodyHandlers.ofByteArray());
        if (answer.statusCode() != 200) {
            throw Unexpected.status(method, answer.statusCode(), new String(answer.body(), UTF_8));
        }
    }

    private void events(StartRequest start, Consumer<ProcessEvent> events) {
        byte[] message = start.toByteArray();
        byte[] envelope = ByteBuffer.allocate(5 + message.length)
                .put((byte) 0)
                .putInt(message.length)
                .put(message)
                .array();
        var request = sandbox.toAgent("/process.Process/Start")
                .header("Content-Type", "application/connect+proto")
                .header("Connect-Protocol-Version", "1")
                .POST(BodyPublishers.ofByteArray(envelope))
                .build();
        HttpResponse<InputStream> answer = platform.send(request, BodyHandlers.ofInputStream());
        try (var body = new DataInputStream(new BufferedInputStream(answer.body(), READ_BYTES))) {
            if (answer.statusCode() != 200) {
                throw Unexpected.status("Start", answer.statusCode(), new String(body.readAllBytes(), UTF_8));
            }
            read(body, events);
        } catch (IOException e) {
            throw new Unexpected("the stream broke off: " + e);
        }
    }

    private static void read(DataInputStream body, Consumer<ProcessEvent> events) throws IOException {
        while (true) {
            int flags = body.readUnsignedByte();
            int length = body.readInt();
            if (length < 0 || length > MESSAGE_BYTES_MAX) {
                throw new Unexpected("an envelope promises " + length + " bytes (at most " + MESSAGE_BYTES_MAX + ")");
            }
            byte[] payload = body.readNBytes(length);
            if ((flags & END_OF_STREAM) != 0) {
                String end = new String(payload, UTF_8);
                if (end.contains("\"error\"")) {
                    throw new Unexpected("the stream ended with " + end);
                }
                // To the very end: closing a body before its last chunk makes the JDK's client close a connection that
                // it may have handed to another request already, which then fails with "received no bytes".
                if (body.read() >= 0) {
                    throw new Unexpected("the stream goes on after its end");
                }
                return;
            }
            events.accept(StartResponse.parseFrom(payload).getEvent());
        }
    }
}
