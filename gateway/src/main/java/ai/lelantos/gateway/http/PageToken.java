package ai.lelantos.gateway.http;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/// Where a page ended: the sort key of its last entry, opaque to clients, good for one order only.
public record PageToken(Instant at, String id, boolean ascending) {

    public static final String HEADER = "X-Next-Token";

    private static final int CHARS_MAX = 512;

    public String encode() {
        String text = at + "__" + id + (ascending ? "__asc" : "");
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The token of a query, empty for the first page.
    public static Optional<PageToken> of(Query query, boolean ascending) {
        return query.text("nextToken").map(text -> decode(text, ascending));
    }

    static PageToken decode(String text, boolean ascending) {
        try {
            if (text.length() <= CHARS_MAX) {
                String[] parts =
                        new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8).split("__", -1);
                boolean up = parts.length == 3 && parts[2].equals("asc");
                if (up == ascending && (parts.length == 2 || up) && !parts[1].isEmpty()) {
                    return new PageToken(Instant.parse(parts[0]), parts[1], ascending);
                }
            }
        } catch (IllegalArgumentException | DateTimeException e) {
            // Told below, like every other malformed token.
        }
        throw new Problem(400, "Invalid next token").toException();
    }
}
