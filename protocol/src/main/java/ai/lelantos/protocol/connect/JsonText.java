package ai.lelantos.protocol.connect;

/// Whether a text is one JSON value of RFC 8259, and nothing else: the parser behind ProtoJSON also takes comments,
/// bare names, single quotes and whatever follows the value.
final class JsonText {

    /// As deep as protobuf itself follows messages.
    private static final int DEPTH_MAX = 100;

    private final String text;
    private int at;

    private JsonText(String text) {
        this.text = text;
    }

    /// What is wrong with the text, thrown as [Malformed]; nothing if it is right.
    static void check(String text) throws Malformed {
        var json = new JsonText(text);
        json.space();
        json.value(0);
        json.space();
        if (json.at < text.length()) {
            throw json.malformed("nothing after the value");
        }
    }

    /// Expected this, got something else there.
    static final class Malformed extends Exception {

        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message, null, false, false);
        }
    }

    private void value(int depth) throws Malformed {
        if (depth > DEPTH_MAX) {
            throw malformed("at most " + DEPTH_MAX + " levels of nesting");
        }
        switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> number();
        }
    }

    private void object(int depth) throws Malformed {
        expect('{');
        space();
        if (skipped('}')) {
            return;
        }
        do {
            space();
            string();
            space();
            expect(':');
            space();
            value(depth + 1);
            space();
        } while (skipped(','));
        expect('}');
    }

    private void array(int depth) throws Malformed {
        expect('[');
        space();
        if (skipped(']')) {
            return;
        }
        do {
            space();
            value(depth + 1);
            space();
        } while (skipped(','));
        expect(']');
    }

    private void string() throws Malformed {
        expect('"');
        while (true) {
            char c = peek();
            if (c < ' ') {
                throw malformed("no control character in a string");
            }
            at++;
            if (c == '"') {
                return;
            }
            if (c == '\\') {
                escape();
            }
        }
    }

    private void escape() throws Malformed {
        char c = peek();
        at++;
        if (c == 'u') {
            for (int digit = 0; digit < 4; digit++, at++) {
                if (Character.digit(peek(), 16) < 0) {
                    throw malformed("four hexadecimal digits");
                }
            }
        } else if ("\"\\/bfnrt".indexOf(c) < 0) {
            throw malformed("an escape that exists");
        }
    }

    private void number() throws Malformed {
        boolean _ = skipped('-');
        if (!skipped('0')) {
            digits();
        }
        if (skipped('.')) {
            digits();
        }
        if (skipped('e') || skipped('E')) {
            boolean _ = skipped('+') || skipped('-');
            digits();
        }
    }

    private void digits() throws Malformed {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw malformed("a value");
        }
    }

    private void word(String word) throws Malformed {
        if (!text.startsWith(word, at)) {
            throw malformed(word);
        }
        at += word.length();
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void expect(char c) throws Malformed {
        if (!skipped(c)) {
            throw malformed("'" + c + "'");
        }
    }

    private boolean skipped(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private char peek() throws Malformed {
        if (at >= text.length()) {
            throw malformed("more");
        }
        return text.charAt(at);
    }

    private Malformed malformed(String expected) {
        String got = at < text.length() ? "'" + text.charAt(at) + "'" : "the end";
        return new Malformed("malformed JSON at character " + at + ": expected " + expected + ", got " + got);
    }
}
