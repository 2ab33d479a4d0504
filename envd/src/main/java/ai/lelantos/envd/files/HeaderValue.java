package ai.lelantos.envd.files;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// A header's value with parameters: `form-data; name="file"; filename*=utf-8''a%20b`.
///
/// @param value in lower case
/// @param parameters by lower-case name; extended ones are decoded and win over plain ones
record HeaderValue(String value, Map<String, String> parameters) {

    private static final String SPECIALS = "()<>@,;:\\\"/[]?=";

    static HeaderValue parse(String header) {
        int semicolon = header.indexOf(';');
        String value = (semicolon < 0 ? header : header.substring(0, semicolon)).strip();
        var parameters = new TreeMap<String, String>();
        var extended = new TreeMap<String, String>();
        var at = new Cursor(header, semicolon < 0 ? header.length() : semicolon);
        while (at.next()) {
            if (at.name.endsWith("*")) {
                extended.putIfAbsent(at.name.substring(0, at.name.length() - 1), decode(at.text));
            } else {
                parameters.putIfAbsent(at.name, at.text);
            }
        }
        parameters.putAll(extended);
        return new HeaderValue(value.toLowerCase(Locale.ROOT), parameters);
    }

    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    /// `charset'language'percent-encoded`; as it stands where it is not that.
    private static String decode(String text) {
        int first = text.indexOf('\'');
        int second = text.indexOf('\'', first + 1);
        if (first < 0 || second < 0) {
            return text;
        }
        var bytes = new ByteArrayOutputStream();
        byte[] escaped = text.substring(second + 1).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < escaped.length; i++) {
            int high = escaped[i] == '%' && i + 2 < escaped.length ? Character.digit(escaped[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(escaped[i + 2], 16);
            if (low >= 0) {
                bytes.write(high << 4 | low);
                i += 2;
            } else {
                bytes.write(escaped[i]);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /// Walks over the parameters of a header.
    private static final class Cursor {

        private final String header;
        private int at;
        private String name = "";
        private String text = "";

        Cursor(String header, int at) {
            this.header = header;
            this.at = at;
        }

        /// Moves to the next parameter; stops at what is none.
        boolean next() {
            while (at < header.length() && (header.charAt(at) == ';' || Character.isWhitespace(header.charAt(at)))) {
                at++;
            }
            int equals = header.indexOf('=', at);
            if (equals < 0) {
                return false;
            }
            name = header.substring(at, equals).strip().toLowerCase(Locale.ROOT);
            at = equals + 1;
            while (at < header.length() && header.charAt(at) == ' ') {
                at++;
            }
            text = at < header.length() && header.charAt(at) == '"' ? quoted() : plain();
            return !name.isEmpty();
        }

        private String plain() {
            int semicolon = header.indexOf(';', at);
            int end = semicolon < 0 ? header.length() : semicolon;
            String found = header.substring(at, end).strip();
            at = end;
            return found;
        }

        /// A backslash escapes only what needs it: some clients send the paths of another system.
        private String quoted() {
            var found = new StringBuilder();
            for (at++; at < header.length() && header.charAt(at) != '"'; at++) {
                char c = header.charAt(at);
                if (c == '\\' && at + 1 < header.length() && SPECIALS.indexOf(header.charAt(at + 1)) >= 0) {
                    at++;
                    c = header.charAt(at);
                }
                found.append(c);
            }
            at++;
            return found.toString();
        }
    }
}
