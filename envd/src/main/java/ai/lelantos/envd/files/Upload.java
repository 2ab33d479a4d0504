package ai.lelantos.envd.files;

import ai.lelantos.envd.access.HomePath;
import ai.lelantos.envd.http.Exchange;
import ai.lelantos.envd.http.Problem;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.User;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// Takes the files of one request, and answers with what they became.
final class Upload {

    private static final int INFLATE_BYTES = 32 << 10;

    private final Exchange exchange;
    private final User user;
    private final String workdir;
    private final String asked;
    private final Map<String, String> metadata;
    private final List<String> written = new ArrayList<>();

    /// @param asked the `path` of the query, empty without one
    Upload(Exchange exchange, User user, String workdir, String asked) throws Problem {
        this.exchange = exchange;
        this.user = user;
        this.workdir = workdir;
        this.asked = asked;
        this.metadata = metadata(exchange);
    }

    private static Map<String, String> metadata(Exchange exchange) throws Problem {
        var found = new LinkedHashMap<>(exchange.headersAfter("x-metadata-"));
        var _ = found.remove("");
        var fault = Metadata.fault(found);
        if (fault.isPresent()) {
            throw new Problem(400, "invalid metadata: " + fault.get());
        }
        return found;
    }

    /// Refuses (400) a body in a coding that is not ours. An own step, as it comes before the user is looked up.
    static void requireKnownCoding(Exchange exchange) throws Problem {
        String coding = coding(exchange);
        if (!coding.isEmpty() && !coding.equals("identity") && !coding.equals("gzip")) {
            throw new Problem(400, "error decompressing request body: unsupported Content-Encoding: " + coding);
        }
    }

    private static String coding(Exchange exchange) {
        String header = exchange.header("content-encoding");
        return header == null ? "" : header.strip().toLowerCase(Locale.ROOT);
    }

    void run() throws IOException {
        String header = exchange.header("content-type");
        HeaderValue type = HeaderValue.parse(header == null ? "" : header);
        try {
            if (type.value().startsWith("multipart/")) {
                takeParts(new Multipart(body(), type.parameter("boundary")));
            } else if (type.value().equals("application/octet-stream")) {
                if (asked.isEmpty()) {
                    throw new Problem(400, "path query parameter is required for raw body upload");
                }
                take(resolve(asked), body());
            } else {
                throw new Problem(
                        400,
                        "unsupported content type: " + (header == null ? "" : header)
                                + ", expected multipart/form-data or application/octet-stream");
            }
        } catch (ZipException | EOFException e) {
            throw new Problem(400, "error decompressing request body: " + e.getMessage());
        } catch (MalformedBody e) {
            throw new Problem(400, "error parsing multipart form: " + e.getMessage());
        }
        exchange.answer(200, Map.of("content-type", "application/json"), described());
    }

    private ByteSource body() throws IOException {
        return coding(exchange).equals("gzip")
                ? ByteSource.of(new GZIPInputStream(exchange.body(), INFLATE_BYTES))
                : exchange.body()::read;
    }

    private void takeParts(Multipart parts) throws IOException {
        for (var headers = parts.next(); headers != null; headers = parts.next()) {
            var disposition = HeaderValue.parse(headers.getOrDefault("content-disposition", ""));
            if (disposition.parameter("name").equals("file")) {
                String name = asked.isEmpty() ? disposition.parameter("filename") : asked;
                if (name.isEmpty()) {
                    throw new Problem(400, "a part has no filename, and the query has no path");
                }
                String path = resolve(name);
                if (written.contains(path)) {
                    throw new Problem(400, twice(path));
                }
                take(path, parts::read);
            }
        }
    }

    private String twice(String path) {
        String others = String.join(
                ", ", written.stream().filter(other -> !other.equals(path)).toList());
        return "you cannot upload multiple files to the same path '" + path
                + "' in one upload request, only the first specified file was uploaded"
                + (others.isEmpty() ? "" : ", also the following files were uploaded: " + others);
    }

    private void take(String path, ByteSource source) throws IOException {
        new Arrival(path, user, metadata).take(source, exchange.contentLength());
        written.add(path);
    }

    private String resolve(String name) throws Problem {
        try {
            return HomePath.resolve(name, user, workdir);
        } catch (IllegalArgumentException e) {
            throw new Problem(400, "error expanding and resolving path '" + name + "': " + e.getMessage());
        }
    }

    private String described() {
        var list = new JsonArray();
        written.forEach(path -> list.add(describe(path)));
        return list.toString();
    }

    /// What a client learns about a file it wrote.
    static JsonObject describe(String path) {
        var entry = new JsonObject();
        entry.addProperty("path", path);
        entry.addProperty("name", Entry.baseName(path));
        entry.addProperty("type", "file");
        Map<String, String> metadata = Metadata.of(FilePath.of(path));
        if (!metadata.isEmpty()) {
            var object = new JsonObject();
            metadata.forEach(object::addProperty);
            entry.add("metadata", object);
        }
        return entry;
    }
}
