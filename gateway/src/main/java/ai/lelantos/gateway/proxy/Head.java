package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The head of one HTTP/1.1 message as its bytes, with an index of the lines. Requests are read strictly: what two
/// parsers could understand in two ways is refused here, so nothing behind the front can be told another story.
/// Used again for the next message of a connection.
final class Head {

    static final int BYTES_MAX = 64 * 1024; // start line and fields together
    static final int FIELDS_MAX = 256; // lines
    private static final int BYTES_FIRST = 1024;
    private static final int BYTES_KEPT_MAX = 8 * 1024; // a larger array is not kept between messages
    private static final int EMPTY_LINES_MAX = 1; // before a request, as RFC 9112 2.2 suggests

    private static final byte[] HTTP = {'H', 'T', 'T', 'P', '/'};

    /// How the body after a head is delimited.
    enum Length {
        NONE,
        FIXED,
        CHUNKED,
        UNTIL_CLOSE
    }

    private final boolean request;
    private byte[] bytes = new byte[BYTES_FIRST];
    private int filled;
    private int lineStart;
    private int emptyLines;
    private boolean started;

    private int fields;
    private int[] spans = new int[4 * 16]; // name start, name end, value start, value end
    private byte[] kinds = new byte[16];
    private final short[] first = new short[Field.values().length]; // index of the first such field, plus 1

    private int methodStart;
    private int methodEnd;
    private int targetStart;
    private int targetEnd;
    private int status;
    private int reasonStart;
    private int reasonEnd;
    private int minor;
    private long contentLength;
    private boolean chunked;
    private boolean close;
    private boolean keepAlive;
    private boolean upgrade;
    private boolean connectionNames;
    private boolean exact; // every line ends in CRLF: its bytes may be copied as they are

    private Head(boolean request) {
        this.request = request;
        reset();
    }

    static Head ofRequest() {
        return new Head(true);
    }

    static Head ofResponse() {
        return new Head(false);
    }

    void reset() {
        if (bytes.length > BYTES_KEPT_MAX) {
            bytes = new byte[BYTES_FIRST];
        }
        filled = 0;
        lineStart = 0;
        emptyLines = 0;
        started = false;
        methodStart = 0;
        methodEnd = 0;
        fields = 0;
        Arrays.fill(first, (short) 0);
        contentLength = -1;
        chunked = false;
        close = false;
        keepAlive = false;
        upgrade = false;
        connectionNames = false;
        exact = true;
    }

    /// Takes bytes off `in` until the head is complete; false when more are needed.
    boolean read(ByteBuf in) {
        while (in.isReadable()) {
            int step = Math.min(in.readableBytes(), BYTES_FIRST);
            if (filled + step > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, filled + step));
            }
            in.getBytes(in.readerIndex(), bytes, filled, step);
            int end = filled + step;
            for (int i = filled; i < end; i++) {
                if (bytes[i] == '\n' && line(i)) {
                    in.skipBytes(i + 1 - filled);
                    filled = i + 1;
                    complete();
                    return true;
                }
            }
            in.skipBytes(step);
            filled = end;
            if (filled > BYTES_MAX) {
                throw new BadMessage(started ? 431 : 414, started ? "Request Header Fields Too Large" : "URI Too Long");
            }
        }
        return false;
    }

    /// Whether any byte of a message has come.
    boolean begun() {
        return filled > 0;
    }

    private boolean line(int newline) {
        int start = lineStart;
        int end = newline;
        if (end > start && bytes[end - 1] == '\r') {
            end--;
        } else {
            exact = false;
            if (request) {
                throw new BadMessage("line not ended by CRLF");
            }
        }
        lineStart = newline + 1;
        if (!started) {
            if (end == start) {
                if (++emptyLines > EMPTY_LINES_MAX) {
                    throw new BadMessage("empty lines before a request");
                }
                return false;
            }
            started = true;
            if (request) {
                requestLine(start, end);
            } else {
                statusLine(start, end);
            }
            return false;
        }
        if (end == start) {
            return true;
        }
        field(start, end);
        return false;
    }

    private void requestLine(int start, int end) {
        int at = start;
        while (at < end && Grammar.token(bytes[at])) {
            at++;
        }
        methodStart = start;
        methodEnd = at;
        targetStart = at + 1;
        if (at == start || at >= end || bytes[at] != ' ') {
            throw new BadMessage("malformed request line");
        }
        at++;
        while (at < end && bytes[at] != ' ') {
            int c = bytes[at] & 0xff;
            if (c <= ' ' || c == 127 || c == '#') {
                throw new BadMessage("malformed request target");
            }
            at++;
        }
        targetEnd = at;
        boolean whole = targetEnd == targetStart + 1 && bytes[targetStart] == '*' && methodIs("OPTIONS");
        if (targetEnd == targetStart || (bytes[targetStart] != '/' && !whole)) {
            throw new BadMessage("request target must begin with /");
        }
        if (at >= end) {
            throw new BadMessage("malformed request line");
        }
        version(at + 1, end);
    }

    private void statusLine(int start, int end) {
        int space = start + 8;
        if (end < start + 12 || bytes[space] != ' ') {
            throw new BadMessage("malformed status line");
        }
        version(start, space);
        status = 0;
        for (int i = space + 1; i < space + 4; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                throw new BadMessage("malformed status");
            }
            status = status * 10 + bytes[i] - '0';
        }
        if (status < 100 || (end > space + 4 && bytes[space + 4] != ' ')) {
            throw new BadMessage("malformed status");
        }
        reasonStart = Math.min(end, space + 5);
        reasonEnd = end;
        Grammar.check(bytes, reasonStart, reasonEnd);
    }

    private void version(int start, int end) {
        boolean http = end - start == 8 && Arrays.equals(bytes, start, start + 5, HTTP, 0, 5);
        if (!http || !Grammar.digit(bytes[start + 5]) || bytes[start + 6] != '.' || !Grammar.digit(bytes[start + 7])) {
            throw new BadMessage("malformed protocol version");
        }
        if (bytes[start + 5] != '1' || bytes[start + 7] > '1') {
            throw new BadMessage(505, "HTTP Version Not Supported");
        }
        minor = bytes[start + 7] - '0';
    }

    private void field(int start, int end) {
        int colon = start;
        while (colon < end && Grammar.token(bytes[colon])) {
            colon++;
        }
        if (colon == start || colon >= end || bytes[colon] != ':') {
            throw new BadMessage(
                    bytes[start] == ' ' || bytes[start] == '\t' ? "folded header field" : "malformed header field");
        }
        int from = colon + 1;
        int to = end;
        while (from < to && Grammar.blank(bytes[from])) {
            from++;
        }
        while (to > from && Grammar.blank(bytes[to - 1])) {
            to--;
        }
        Grammar.check(bytes, from, to);
        add(start, colon, from, to);
    }

    private void add(int nameStart, int nameEnd, int valueStart, int valueEnd) {
        if (fields == FIELDS_MAX) {
            throw new BadMessage(431, "Request Header Fields Too Large");
        }
        if (fields == kinds.length) {
            kinds = Arrays.copyOf(kinds, fields * 2);
            spans = Arrays.copyOf(spans, fields * 8);
        }
        Field field = Field.of(bytes, nameStart, nameEnd);
        int at = fields * 4;
        spans[at] = nameStart;
        spans[at + 1] = nameEnd;
        spans[at + 2] = valueStart;
        spans[at + 3] = valueEnd;
        kinds[fields] = (byte) field.index();
        fields++;
        if (field != Field.OTHER) {
            known(field, valueStart, valueEnd);
        }
    }

    private void known(Field field, int from, int to) {
        boolean repeated = first[field.index()] != 0;
        if (!repeated) {
            first[field.index()] = (short) fields;
        }
        if (field == Field.CONTENT_LENGTH) {
            long length = Grammar.number(bytes, from, to);
            if (repeated && (request || length != contentLength)) {
                throw new BadMessage("repeated Content-Length");
            }
            contentLength = length;
        } else if (field == Field.TRANSFER_ENCODING) {
            if (repeated || !Grammar.is(bytes, from, to, "chunked")) {
                throw new BadMessage("unsupported Transfer-Encoding");
            }
            chunked = true;
        } else if (field == Field.CONNECTION) {
            connection(from, to);
        } else if (repeated
                && request
                && (field == Field.HOST || field == Field.E2B_SANDBOX_ID || field == Field.E2B_SANDBOX_PORT)) {
            throw new BadMessage("repeated header");
        } else if (repeated && field == Field.UPGRADE) {
            throw new BadMessage("repeated Upgrade");
        }
    }

    private void connection(int from, int to) {
        int start = from;
        for (int i = from; i <= to; i++) {
            if (i < to && bytes[i] != ',') {
                continue;
            }
            int a = start;
            int b = i;
            while (a < b && Grammar.blank(bytes[a])) {
                a++;
            }
            while (b > a && Grammar.blank(bytes[b - 1])) {
                b--;
            }
            start = i + 1;
            if (Grammar.is(bytes, a, b, "close")) {
                close = true;
            } else if (Grammar.is(bytes, a, b, "keep-alive")) {
                keepAlive = true;
            } else if (Grammar.is(bytes, a, b, "upgrade")) {
                upgrade = true;
            } else if (a < b) {
                connectionNames = true;
            }
        }
    }

    private void complete() {
        if (chunked && (minor == 0 || contentLength >= 0)) {
            if (request) {
                throw new BadMessage("Transfer-Encoding with Content-Length or HTTP/1.0");
            }
            contentLength = -1;
        }
        if (request && minor == 1 && !has(Field.HOST)) {
            throw new BadMessage("missing Host");
        }
        if (request && has(Field.HOST)) {
            Grammar.checkHost(bytes, valueStart(Field.HOST), valueEnd(Field.HOST));
        }
    }

    // --- what was read

    int minor() {
        return minor;
    }

    int status() {
        return status;
    }

    String method() {
        return string(methodStart, methodEnd);
    }

    boolean methodIs(String method) {
        return Grammar.same(bytes, methodStart, methodEnd, method);
    }

    String target() {
        return string(targetStart, targetEnd);
    }

    boolean targetStartsWith(String prefix) {
        int end = targetStart + prefix.length();
        return end <= targetEnd && Grammar.same(bytes, targetStart, end, prefix);
    }

    boolean has(Field field) {
        return first[field.index()] != 0;
    }

    /// The first value of a field, null when it is absent.
    @Nullable
    String value(Field field) {
        return has(field) ? string(valueStart(field), valueEnd(field)) : null;
    }

    boolean valueIs(Field field, String expected) {
        return has(field) && Grammar.is(bytes, valueStart(field), valueEnd(field), expected);
    }

    /// Whether the first value of this field is, byte for byte, what is given.
    boolean sameBytes(Field field, byte[] expected) {
        return has(field) && Arrays.equals(bytes, valueStart(field), valueEnd(field), expected, 0, expected.length);
    }

    long contentLength() {
        return contentLength;
    }

    boolean chunked() {
        return chunked;
    }

    boolean closes() {
        return close || (minor == 0 && !keepAlive);
    }

    /// The sender says that it ends the connection after this message.
    boolean saysClose() {
        return close;
    }

    /// A genuine wish (or consent) to change the protocol.
    boolean upgrades() {
        return upgrade && minor == 1 && has(Field.UPGRADE) && valueEnd(Field.UPGRADE) > valueStart(Field.UPGRADE);
    }

    Length requestLength() {
        return chunked ? Length.CHUNKED : contentLength > 0 ? Length.FIXED : Length.NONE;
    }

    Length responseLength(boolean toHead) {
        if (toHead || status == 204 || status == 304 || status < 200) {
            return Length.NONE;
        }
        return chunked
                ? Length.CHUNKED
                : contentLength > 0 ? Length.FIXED : contentLength == 0 ? Length.NONE : Length.UNTIL_CLOSE;
    }

    // --- line by line, for whoever writes it on

    int fields() {
        return fields;
    }

    Field field(int index) {
        return Field.at(kinds[index]);
    }

    boolean isFirst(int index) {
        return first[kinds[index]] == index + 1;
    }

    String name(int index) {
        return string(spans[index * 4], spans[index * 4 + 1]);
    }

    String value(int index) {
        return string(spans[index * 4 + 2], spans[index * 4 + 3]);
    }

    boolean valueIs(int index, String expected) {
        return Grammar.is(bytes, spans[index * 4 + 2], spans[index * 4 + 3], expected);
    }

    /// Whether the sender's `Connection` names this field, making it a matter of one hop.
    boolean namedByConnection(int index) {
        if (!connectionNames) {
            return false;
        }
        String name = name(index);
        for (int i = 0; i < fields; i++) {
            if (field(i) == Field.CONNECTION) {
                for (String listed : value(i).split(",", -1)) {
                    if (listed.strip().equalsIgnoreCase(name)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    void writeMethodAndTarget(ByteBuf out) {
        out.writeBytes(bytes, methodStart, targetEnd - methodStart);
    }

    void writeReason(ByteBuf out) {
        out.writeBytes(bytes, reasonStart, reasonEnd - reasonStart);
    }

    /// Writes the lines `from` to `to` (exclusive), as they came.
    void writeLines(int from, int to, ByteBuf out) {
        if (from == to) {
            return;
        }
        if (exact) {
            int start = spans[from * 4];
            int end = to < fields ? spans[to * 4] : filled - 2;
            out.writeBytes(bytes, start, end - start);
            return;
        }
        for (int i = from; i < to; i++) {
            out.writeBytes(bytes, spans[i * 4], spans[i * 4 + 1] - spans[i * 4]);
            out.writeShort((':' << 8) | ' ');
            out.writeBytes(bytes, spans[i * 4 + 2], spans[i * 4 + 3] - spans[i * 4 + 2]);
            out.writeShort(('\r' << 8) | '\n');
        }
    }

    int size() {
        return filled;
    }

    private int valueStart(Field field) {
        return spans[(first[field.index()] - 1) * 4 + 2];
    }

    private int valueEnd(Field field) {
        return spans[(first[field.index()] - 1) * 4 + 3];
    }

    private String string(int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
