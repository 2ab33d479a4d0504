package ai.lelantos.envd.rpc;

import java.nio.charset.StandardCharsets;

/// `grpc-message`: text in a header, with everything but plain ASCII and the percent sign itself escaped.
final class PercentText {

    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private PercentText() {}

    static String encode(String text) {
        var encoded = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (b >= 0x20 && b <= 0x7e && b != '%') {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(HEX[b >> 4 & 0xf]).append(HEX[b & 0xf]);
            }
        }
        return encoded.toString();
    }
}
