package ai.lelantos.envd.files;

import ai.lelantos.envd.http.Exchange;
import ai.lelantos.envd.http.Problem;
import ai.lelantos.envd.http.ResponseBody;
import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.FileSystem;
import ai.lelantos.envd.linux.NativeBuffer;
import ai.lelantos.envd.linux.OpenFile;
import ai.lelantos.envd.linux.Stat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/// Sends one file: whole, compressed, or in parts. What was opened is what is sent, to the length it had then; a file
/// that shrinks meanwhile breaks the answer off rather than pass for whole.
final class Download {

    private static final int PIECE_BYTES = 64 << 10;
    private static final Set<String> PARTIAL = Set.of("range", "if-modified-since", "if-none-match", "if-range");

    private final Exchange exchange;
    private final String path;
    private final Map<String, String> headers = new LinkedHashMap<>();

    Download(Exchange exchange, String path) {
        this.exchange = exchange;
        this.path = path;
    }

    void run() throws IOException {
        FilePath file = Tree.path(path);
        requireFile(look(file));
        AcceptEncoding accept = AcceptEncoding.parse(exchange.header("accept-encoding"));
        AcceptEncoding.Choice choice = accept.choice()
                .orElseThrow(() -> new Problem(
                        406, "error parsing Accept-Encoding: no acceptable encoding found, supported: [gzip]"));
        if (PARTIAL.stream().anyMatch(exchange::has)) {
            if (accept.identityRefused()) {
                throw new Problem(406, "identity encoding not acceptable for Range or conditional request");
            }
            choice = AcceptEncoding.Choice.IDENTITY;
        }
        headers.put("vary", "Accept-Encoding");
        headers.put("content-disposition", Disposition.inline(Entry.baseName(path)));
        try (OpenFile open = open(file)) {
            Stat stat = open.stat();
            requireFile(stat);
            switch (choice) {
                case GZIP -> sendCompressed(open);
                case IDENTITY -> sendPlain(file, open, stat);
            }
        }
    }

    private Stat look(FilePath file) throws Problem {
        try {
            return Stat.of(file);
        } catch (Errno e) {
            if (e.number() == Errno.ENOENT) {
                throw new Problem(404, "path '" + path + "' does not exist");
            }
            throw Tree.refused(Refusal.of("error getting file info: ", e));
        }
    }

    private void requireFile(Stat stat) throws Problem {
        if (stat.isDirectory()) {
            throw new Problem(400, "path '" + path + "' is a directory");
        }
        if (stat.kind() != Stat.Kind.FILE) {
            throw new Problem(400, "path '" + path + "' is not a regular file");
        }
    }

    private static OpenFile open(FilePath file) {
        try {
            return OpenFile.read(file);
        } catch (Errno e) {
            throw Tree.refused(Refusal.of("error opening file: ", e));
        }
    }

    private void sendCompressed(OpenFile open) throws IOException {
        headers.put("content-type", MediaType.of(path).orElse(MediaType.BYTES));
        headers.put("content-encoding", "gzip");
        try (NativeBuffer native_ = new NativeBuffer(PIECE_BYTES)) {
            byte[] copy = new byte[PIECE_BYTES];
            ByteBuffer piece = native_.bytes();
            // Closed by hand: an answer that broke must not get the end of a whole one.
            ResponseBody body = exchange.stream(200, headers);
            var gzip = new FastGzip(body);
            try {
                while (open.read(piece.clear()) >= 0) {
                    int count = piece.flip().remaining();
                    piece.get(copy, 0, count);
                    gzip.write(copy, 0, count);
                }
                gzip.close();
            } finally {
                gzip.release();
            }
        }
    }

    private void sendPlain(FilePath file, OpenFile open, Stat stat) throws IOException {
        long size = stat.size();
        headers.put("accept-ranges", "bytes");
        headers.put("last-modified", HttpDate.format(stat.modified()));
        switch (Conditions.judge(exchange::header, stat.modified())) {
            case NOT_MODIFIED -> exchange.answer(304, headers);
            case FAILED -> throw new Problem(412, "precondition failed");
            case SEND -> {
                headers.put("content-type", contentType(open));
                if (size == 0 && FileSystem.of(file).hasNoLengths()) {
                    sendToEnd(open);
                } else {
                    sendRanges(open, stat, size);
                }
            }
        }
    }

    private String contentType(OpenFile open) throws IOException {
        var byName = MediaType.of(path);
        if (byName.isPresent()) {
            return byName.get();
        }
        try (NativeBuffer beginning = new NativeBuffer(MediaType.SNIFF_BYTES_MAX)) {
            var _ = open.read(beginning.bytes(), 0);
            return MediaType.sniff(beginning.bytes().flip());
        }
    }

    /// A file that does not know its length, such as those of `/proc`.
    private void sendToEnd(OpenFile open) throws IOException {
        headers.remove("accept-ranges");
        ResponseBody body = exchange.stream(200, headers);
        body.send(open::read);
        body.close();
    }

    private void sendRanges(OpenFile open, Stat stat, long size) throws IOException {
        String range = exchange.header("range");
        List<Ranges.Range> ranges = List.of();
        if (range != null && Conditions.rangeApplies(exchange.header("if-range"), stat.modified())) {
            try {
                ranges = Ranges.parse(range, size);
            } catch (IllegalArgumentException e) {
                headers.put("content-range", "bytes */" + size);
                headers.put("content-type", "application/json; charset=utf-8");
                headers.put("x-content-type-options", "nosniff");
                exchange.answer(416, headers, Problem.json(416, String.valueOf(e.getMessage())));
                return;
            }
        }
        switch (ranges.size()) {
            case 0 -> sendRange(open, 200, new Ranges.Range(0, size));
            case 1 -> {
                headers.put("content-range", ranges.getFirst().contentRange(size));
                sendRange(open, 206, ranges.getFirst());
            }
            default -> sendParts(open, ranges, size);
        }
    }

    private void sendRange(OpenFile open, int status, Ranges.Range range) throws IOException {
        headers.put("content-length", Long.toString(range.length()));
        ResponseBody body = exchange.stream(status, headers);
        copy(open, range, body);
        body.close();
    }

    private void sendParts(OpenFile open, List<Ranges.Range> ranges, long size) throws IOException {
        String boundary = UUID.randomUUID().toString();
        String type = headers.getOrDefault("content-type", MediaType.BYTES);
        byte[] end = ascii("\r\n--" + boundary + "--\r\n");
        long length = end.length;
        boolean first = true;
        for (Ranges.Range range : ranges) {
            length += head(first, boundary, type, range, size).length + range.length();
            first = false;
        }
        headers.put("content-type", "multipart/byteranges; boundary=" + boundary);
        headers.put("content-length", Long.toString(length));
        ResponseBody body = exchange.stream(206, headers);
        first = true;
        for (Ranges.Range range : ranges) {
            body.write(head(first, boundary, type, range, size));
            copy(open, range, body);
            first = false;
        }
        body.write(end);
        body.close();
    }

    private static byte[] head(boolean first, String boundary, String type, Ranges.Range range, long size) {
        return ascii((first ? "" : "\r\n") + "--" + boundary + "\r\nContent-Range: " + range.contentRange(size)
                + "\r\nContent-Type: " + type + "\r\n\r\n");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void copy(OpenFile open, Ranges.Range range, ResponseBody body) throws IOException {
        var from = new Object() {
            long offset = range.start();
        };
        long sent = body.send(
                into -> {
                    int count = open.read(into, from.offset);
                    from.offset += Math.max(0, count);
                    return count;
                },
                range.length());
        if (sent < range.length()) {
            throw new IOException("path '" + path + "' became shorter while it was read");
        }
    }

    /// Compresses as fast as it can: the network it saves is near, the processor is the sandbox's.
    private static final class FastGzip extends GZIPOutputStream {

        FastGzip(OutputStream out) throws IOException {
            super(out, PIECE_BYTES);
            def.setLevel(Deflater.BEST_SPEED);
        }

        void release() {
            def.end();
        }
    }
}
