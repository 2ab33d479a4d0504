package ai.lelantos.envd.logs;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Lines as the host's log takes them, as many as one call may have.
final class Batch {

    /// A call's body; the host takes 64 KiB.
    private static final int BODY_BYTES_MAX = 60 << 10;

    private static final int LINES_MAX = 500;

    private final List<String> lines = new ArrayList<>();
    private int bytes;

    /// Adds a line unless it no longer fits.
    boolean add(JsonObject line) {
        String text = line.toString();
        int size = text.getBytes(StandardCharsets.UTF_8).length + 1;
        if (!lines.isEmpty() && (lines.size() >= LINES_MAX || bytes + size > BODY_BYTES_MAX)) {
            return false;
        }
        bytes += size;
        return lines.add(text);
    }

    int lines() {
        return lines.size();
    }

    /// The body of the call.
    String body(String sandboxId) {
        var id = new com.google.gson.JsonPrimitive(sandboxId);
        return "{\"instanceID\":" + id + ",\"lines\":[" + String.join(",", lines) + "]}";
    }

    /// A line of a command.
    static JsonObject line(String stream, int pid, String message) {
        var line = new JsonObject();
        line.addProperty("level", stream.equals("stderr") ? "warn" : "info");
        line.addProperty("message", message);
        line.addProperty("stream", stream);
        line.addProperty("pid", pid);
        return line;
    }

    /// What is said instead of lines that are not told.
    static JsonObject notice(long lines, long bytes) {
        var line = new JsonObject();
        line.addProperty("level", "warn");
        line.addProperty(
                "message",
                "missing here: " + (lines > 0 ? lines + " lines" : "") + (lines > 0 && bytes > 0 ? " and " : "")
                        + (bytes > 0 ? bytes + " bytes" : "") + " of output; the log takes " + Budget.PER_SECOND
                        + " lines a second");
        line.addProperty("stream", "agent");
        return line;
    }
}
