package ai.lelantos.gateway.proxy;

/// The characters of HTTP/1.1's heads: which may stand where.
final class Grammar {

    private static final int LENGTH_DIGITS_MAX = 18;
    private static final boolean[] TOKEN = new boolean[256];
    private static final boolean[] VALUE = new boolean[256];

    static {
        for (int c = 0; c < 256; c++) {
            TOKEN[c] = alphanumeric(c) || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
            VALUE[c] = c == '\t' || (c >= ' ' && c != 127);
        }
    }

    private Grammar() {}

    static boolean token(byte b) {
        return TOKEN[b & 0xff];
    }

    static boolean alphanumeric(int c) {
        return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    static boolean digit(int c) {
        return c >= '0' && c <= '9';
    }

    static boolean blank(int c) {
        return c == ' ' || c == '\t';
    }

    static boolean isToken(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 255 || !TOKEN[text.charAt(i)]) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static boolean isValue(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 255 || !VALUE[text.charAt(i)]) {
                return false;
            }
        }
        return true;
    }

    static void check(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!VALUE[bytes[i] & 0xff]) {
                throw new BadMessage("control character in a header field");
            }
        }
    }

    static long number(byte[] bytes, int from, int to) {
        if (from == to || to - from > LENGTH_DIGITS_MAX) {
            throw new BadMessage("malformed Content-Length");
        }
        long number = 0;
        for (int i = from; i < to; i++) {
            if (!digit(bytes[i])) {
                throw new BadMessage("malformed Content-Length");
            }
            number = number * 10 + bytes[i] - '0';
        }
        return number;
    }

    static void checkHost(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            int c = bytes[i];
            if (!alphanumeric(c) && "-._:[]%~".indexOf(c) < 0) {
                throw new BadMessage("malformed Host");
            }
        }
    }

    static boolean is(byte[] bytes, int from, int to, String expected) {
        if (to - from != expected.length()) {
            return false;
        }
        for (int i = 0; i < expected.length(); i++) {
            if (Field.lower(bytes[from + i]) != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// The same characters, in the same case.
    static boolean same(byte[] bytes, int from, int to, String expected) {
        if (to - from != expected.length()) {
            return false;
        }
        for (int i = 0; i < expected.length(); i++) {
            if (bytes[from + i] != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
