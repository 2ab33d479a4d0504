package ai.lelantos.gateway.proxy;

import java.util.Arrays;
import java.util.Locale;

/// The header fields that the front acts on; every other one passes untouched.
enum Field {
    OTHER,
    HOST,
    CONNECTION,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    UPGRADE,
    TE,
    TRAILER,
    KEEP_ALIVE,
    FORWARDED,
    X_FORWARDED_FOR,
    X_FORWARDED_HOST,
    X_FORWARDED_PROTO,
    HTTP2_SETTINGS,
    EXPECT,
    ACCEPT,
    USER_AGENT,
    SEC_FETCH_MODE,
    X_REQUESTED_WITH,
    X_ACCESS_TOKEN,
    E2B_SANDBOX_ID,
    E2B_SANDBOX_PORT,
    E2B_TRAFFIC_ACCESS_TOKEN,
    PROXY; // every name that begins with `proxy-`

    private static final Field[] ALL = values();
    private static final int LENGTH_MAX = 24;
    private static final Field[][] BY_LENGTH = byLength();

    private final String name = name().toLowerCase(Locale.ROOT).replace('_', '-');

    static Field at(int index) {
        return ALL[index];
    }

    /// Where this field stands in arrays that live as long as a message; never written down.
    @SuppressWarnings("EnumOrdinal")
    int index() {
        return ordinal();
    }

    /// The field named by these bytes, in any case of letters.
    static Field of(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length <= LENGTH_MAX) {
            for (Field field : BY_LENGTH[length]) {
                if (matches(field.name, bytes, from)) {
                    return field;
                }
            }
        }
        return length > 6 && bytes[from + 5] == '-' && matches(PROXY.name, bytes, from) ? PROXY : OTHER;
    }

    private static boolean matches(String name, byte[] bytes, int from) {
        for (int i = 0; i < name.length(); i++) {
            if (lower(bytes[from + i]) != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }

    private static Field[][] byLength() {
        var table = new Field[LENGTH_MAX + 1][];
        for (int length = 0; length <= LENGTH_MAX; length++) {
            int wanted = length;
            table[length] = Arrays.stream(ALL)
                    .filter(field -> field != OTHER && field != PROXY && field.name.length() == wanted)
                    .toArray(Field[]::new);
        }
        return table;
    }
}
