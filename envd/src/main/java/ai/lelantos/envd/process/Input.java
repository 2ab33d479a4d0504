package ai.lelantos.envd.process;

import ai.lelantos.envd.linux.Outflow;
import ai.lelantos.envd.rpc.Call;
import ai.lelantos.envd.rpc.Refused;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.ProcessInput;
import com.google.protobuf.ByteString;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// Writing to a process' standard input or terminal, with the contract's words for what may be wrong.
final class Input {

    private static final String TO_STDIN = "error writing to stdin: ";
    private static final String TO_TERMINAL = "error writing to tty: ";

    private Input() {}

    /// Writes all bytes, however slowly they are read; stops early only if the caller leaves.
    static void write(Child child, ProcessInput input) {
        switch (input.getInputCase()) {
            case STDIN -> {
                if (child.isOnTerminal()) {
                    throw internal(
                            TO_STDIN + "tty assigned to process — input should be written to the pty, not the stdin");
                }
                Outflow stdin = child.input().orElseThrow(() -> internal(TO_STDIN + "stdin not enabled or closed"));
                write(stdin, input.getStdin(), TO_STDIN);
            }
            case PTY -> {
                if (!child.isOnTerminal()) {
                    throw internal(TO_TERMINAL
                            + "tty not assigned to process — input should be written to the stdin, not the tty");
                }
                write(child.input().orElseThrow(), input.getPty(), TO_TERMINAL);
            }
            case INPUT_NOT_SET ->
                throw new Refused(Code.UNIMPLEMENTED, "invalid input type: neither stdin nor pty is set");
        }
    }

    /// Closes standard input once everything sent before is written; a terminal's cannot be closed.
    static void close(Child child) {
        if (child.isOnTerminal()) {
            throw new Refused(
                    Code.UNKNOWN,
                    "error closing stdin: cannot close stdin for PTY process — send Ctrl+D (0x04) instead");
        }
        child.input().ifPresent(stdin -> await(stdin.close(), TO_STDIN));
    }

    private static void write(Outflow to, ByteString bytes, String what) {
        await(to.write(bytes.asReadOnlyByteBuffer()), what);
    }

    private static void await(CompletableFuture<Void> done, String what) {
        Call.current().onEnd(() -> done.cancel(false));
        try {
            done.join();
        } catch (CancellationException _) {
            throw new Refused(Code.CANCELED, what + "the caller left");
        } catch (CompletionException e) {
            throw internal(what + reason(e));
        }
    }

    /// Why an asynchronous step failed, without the wrapping.
    static String reason(CompletionException failure) {
        Throwable cause = failure.getCause();
        return String.valueOf(cause == null ? failure.getMessage() : cause.getMessage());
    }

    private static Refused internal(String message) {
        return new Refused(Code.INTERNAL, message);
    }
}
