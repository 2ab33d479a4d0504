package ai.lelantos.envd.http;

import com.google.gson.JsonObject;
import java.io.IOException;

/// A refusal of a plain HTTP call: its status, and a message fit for the client.
public final class Problem extends IOException {

    private static final long serialVersionUID = 1;

    private final int status;
    private final String text;

    public Problem(int status, String message) {
        super(message);
        this.status = status;
        this.text = message;
    }

    public int status() {
        return status;
    }

    /// The message, which a Problem always has.
    public String text() {
        return text;
    }

    /// The body every refusal has, whoever renders it.
    public static String json(int status, String message) {
        var body = new JsonObject();
        body.addProperty("code", status);
        body.addProperty("message", message);
        return body + "\n";
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
