package ai.lelantos.envd.files;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a client can read, by its `Accept-Encoding` header: the file as it is, or compressed.
///
/// @param choice what to send; nothing if the client can read neither
/// @param identityRefused whether the client says it cannot read the file as it is
record AcceptEncoding(Optional<Choice> choice, boolean identityRefused) {

    enum Choice {
        IDENTITY,
        GZIP
    }

    private record Wish(String coding, double weight) {}

    static AcceptEncoding parse(@Nullable String header) {
        if (header == null || header.isBlank()) {
            return new AcceptEncoding(Optional.of(Choice.IDENTITY), false);
        }
        List<Wish> wishes = wishes(header);
        boolean identityRefused = refusesIdentity(wishes);
        var liked = wishes.stream()
                .filter(wish -> wish.weight() > 0)
                .sorted(Comparator.comparingDouble(Wish::weight).reversed())
                .toList();
        for (Wish wish : liked) {
            switch (wish.coding()) {
                case "gzip" -> {
                    return new AcceptEncoding(Optional.of(Choice.GZIP), identityRefused);
                }
                case "identity" -> {
                    return new AcceptEncoding(Optional.of(Choice.IDENTITY), identityRefused);
                }
                case "*" -> {
                    return new AcceptEncoding(
                            Optional.of(identityRefused ? Choice.GZIP : Choice.IDENTITY), identityRefused);
                }
                default -> {
                    // A coding we do not speak.
                }
            }
        }
        return new AcceptEncoding(identityRefused ? Optional.empty() : Optional.of(Choice.IDENTITY), identityRefused);
    }

    private static boolean refusesIdentity(List<Wish> wishes) {
        Optional<Wish> named =
                wishes.stream().filter(wish -> wish.coding().equals("identity")).findFirst();
        return named.or(() -> wishes.stream()
                        .filter(wish -> wish.coding().equals("*"))
                        .findFirst())
                .map(wish -> wish.weight() <= 0)
                .orElse(false);
    }

    private static List<Wish> wishes(String header) {
        var wishes = new ArrayList<Wish>();
        for (String item : header.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = item.split(";", -1);
            if (!parts[0].isBlank()) {
                wishes.add(new Wish(parts[0].strip(), weight(parts)));
            }
        }
        return wishes;
    }

    private static double weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2));
                } catch (NumberFormatException _) {
                    return 0;
                }
            }
        }
        return 1;
    }
}
