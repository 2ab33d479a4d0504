package ai.lelantos.envd.files;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Times as HTTP headers have them, in whole seconds.
final class HttpDate {

    private static final DateTimeFormatter FORM = form("EEE, dd MMM yyyy HH:mm:ss 'GMT'");
    private static final List<DateTimeFormatter> READ =
            List.of(FORM, form("EEEE, dd-MMM-yy HH:mm:ss 'GMT'"), form("EEE MMM ppd HH:mm:ss yyyy"));

    private HttpDate() {}

    static String format(Instant time) {
        return FORM.format(time);
    }

    /// The time, or nothing where the text is none: the header then does not count.
    static Optional<Instant> parse(String text) {
        for (DateTimeFormatter form : READ) {
            try {
                return Optional.of(ZonedDateTime.parse(text, form).toInstant());
            } catch (DateTimeParseException _) {
                // Perhaps the next form is its own.
            }
        }
        return Optional.empty();
    }

    static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    private static DateTimeFormatter form(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.US).withZone(ZoneOffset.UTC);
    }
}
