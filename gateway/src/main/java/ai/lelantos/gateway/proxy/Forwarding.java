package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What becomes of a head on its way: fields of one hop stay behind, everything else passes byte for byte.
final class Forwarding {

    private static final byte[] CLOSE = ascii("Connection: close\r\n");
    private static final byte[] UPGRADE = ascii("Connection: Upgrade\r\n");
    private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
    private static final byte[] HTTP11 = ascii(" HTTP/1.1\r\n");
    private static final byte[] VERSION = ascii("HTTP/1.1 ");

    private Forwarding() {}

    /// A request as the next hop gets it. The next hop closes after its answer; so nothing of two exchanges can mix.
    ///
    /// @param host what its `Host` becomes, null to keep it
    /// @param extra lines to add, each with its line end
    /// @param framed whether the body is sent in chunks although the head announces no length
    static void request(Head head, @Nullable String host, String extra, boolean framed, ByteBuf out) {
        head.writeMethodAndTarget(out);
        out.writeBytes(HTTP11);
        if (host != null) {
            line(out, "Host", host);
        }
        boolean upgrade = head.upgrades();
        int kept = 0;
        for (int i = 0; i < head.fields(); i++) {
            if (!passes(head, i, upgrade) || (host != null && head.field(i) == Field.HOST)) {
                head.writeLines(kept, i, out);
                kept = i + 1;
            }
        }
        head.writeLines(kept, head.fields(), out);
        ByteBufUtil.writeAscii(out, extra);
        if (head.chunked() || framed) {
            out.writeBytes(CHUNKED);
        }
        out.writeBytes(upgrade ? UPGRADE : CLOSE);
        crlf(out);
    }

    /// An answer as an HTTP/1.1 client gets it.
    ///
    /// @param chunked whether its body goes out in chunks
    /// @param close whether the connection ends with it
    static void response(Head head, boolean chunked, boolean close, boolean clientIs10, ByteBuf out) {
        boolean upgrade = head.status() == 101;
        statusLine(head, out);
        int kept = 0;
        for (int i = 0; i < head.fields(); i++) {
            if (!passes(head, i, upgrade) || secondLength(head, i)) {
                head.writeLines(kept, i, out);
                kept = i + 1;
            }
        }
        head.writeLines(kept, head.fields(), out);
        if (chunked) {
            out.writeBytes(CHUNKED);
        }
        if (upgrade) {
            out.writeBytes(UPGRADE);
        } else if (close) {
            out.writeBytes(CLOSE);
        } else if (clientIs10) {
            line(out, "Connection", "keep-alive");
        }
        crlf(out);
    }

    /// A length that says nothing, or nothing true: beside chunks, or once more the same.
    private static boolean secondLength(Head head, int index) {
        return head.field(index) == Field.CONTENT_LENGTH && (head.chunked() || !head.isFirst(index));
    }

    private static void statusLine(Head head, ByteBuf out) {
        out.writeBytes(VERSION);
        int status = head.status();
        out.writeByte('0' + status / 100);
        out.writeByte('0' + status / 10 % 10);
        out.writeByte('0' + status % 10);
        out.writeByte(' ');
        head.writeReason(out);
        crlf(out);
    }

    /// Whether a field goes beyond this hop.
    static boolean passes(Head head, int index, boolean upgrade) {
        return switch (head.field(index)) {
            case OTHER -> !head.namedByConnection(index);
            case HOST,
                    CONTENT_LENGTH,
                    EXPECT,
                    ACCEPT,
                    USER_AGENT,
                    SEC_FETCH_MODE,
                    X_REQUESTED_WITH,
                    X_ACCESS_TOKEN,
                    E2B_SANDBOX_ID,
                    E2B_SANDBOX_PORT,
                    E2B_TRAFFIC_ACCESS_TOKEN -> true;
            case TE -> head.valueIs(index, "trailers");
            case UPGRADE -> upgrade;
            case CONNECTION,
                    TRANSFER_ENCODING,
                    TRAILER,
                    KEEP_ALIVE,
                    FORWARDED,
                    X_FORWARDED_FOR,
                    X_FORWARDED_HOST,
                    X_FORWARDED_PROTO,
                    HTTP2_SETTINGS,
                    PROXY -> false;
        };
    }

    static void line(ByteBuf out, String name, String value) {
        ByteBufUtil.writeAscii(out, name);
        out.writeShort((':' << 8) | ' ');
        ByteBufUtil.writeAscii(out, value);
        crlf(out);
    }

    static void crlf(ByteBuf out) {
        out.writeShort(('\r' << 8) | '\n');
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
