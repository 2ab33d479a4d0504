package ai.lelantos.gateway.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.server.ServerRequest;

/// Query parameters: absent and empty mean the default, several values come comma-joined or repeated.
public final class Query {

    /// Entries of a page unless asked for fewer, and at most.
    public static final int PAGE_MAX = 100;

    private final MultiValueMap<String, String> parameters;

    private Query(MultiValueMap<String, String> parameters) {
        this.parameters = parameters;
    }

    public static Query of(ServerRequest request) {
        try {
            return new Query(request.queryParams());
        } catch (IllegalArgumentException e) {
            throw Problem.validation("the query string has a malformed escape").toException();
        }
    }

    public Optional<String> text(String name) {
        return Optional.ofNullable(parameters.getFirst(name)).filter(value -> !value.isEmpty());
    }

    public List<String> list(String name) {
        return parameters.getOrDefault(name, List.of()).stream()
                .filter(each -> each != null)
                .flatMap(each -> Arrays.stream(each.split(",", -1)))
                .filter(each -> !each.isEmpty())
                .toList();
    }

    public OptionalLong integer(String name, long min, long max) {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseLong(text.get());
            if (value >= min && value <= max) {
                return OptionalLong.of(value);
            }
        } catch (NumberFormatException e) {
            // Told below, like a number out of range.
        }
        throw wrong(name, text.get(), min + " to " + (max == Long.MAX_VALUE ? "any" : max));
    }

    public int limit() {
        return (int) integer("limit", 1, PAGE_MAX).orElse(PAGE_MAX);
    }

    public Optional<Instant> instant(String name) {
        return text(name).map(text -> {
            try {
                return OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
            } catch (DateTimeException e) {
                throw wrong(name, text, "an RFC 3339 time");
            }
        });
    }

    public String oneOf(String name, List<String> allowed, String usual) {
        String value = text(name).orElse(usual);
        if (!allowed.contains(value)) {
            throw wrong(name, value, String.join(", ", allowed));
        }
        return value;
    }

    private static ProblemException wrong(String name, String value, String expected) {
        return Problem.validation("parameter \"" + name + "\" is \"" + value + "\" (expected: " + expected + ")")
                .toException();
    }
}
