package ai.lelantos.gateway.template;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// `[<namespace>/]<alias-or-templateID>[:<tag>]` as clients write it.
///
/// @param namespace null for none
/// @param tag null for none and for `default`
public record TemplateRef(
        @Nullable String namespace, String name, @Nullable String tag) {

    public static final String DEFAULT_TAG = "default";

    private static final int NAME_CHARS_MAX = 128;
    private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1," + NAME_CHARS_MAX + "}");
    private static final Pattern TAG = Pattern.compile("[a-z0-9_.-]{1," + NAME_CHARS_MAX + "}");

    /// Thrown with a message fit for the caller.
    public static final class Malformed extends Exception {

        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message, null, false, false);
        }
    }

    public static TemplateRef parse(String text) throws Malformed {
        String clean = text.strip().toLowerCase(Locale.ROOT);
        int colon = clean.indexOf(':');
        String path = colon < 0 ? clean : clean.substring(0, colon);
        String tag = colon < 0 ? null : clean.substring(colon + 1);
        if (tag != null && !TAG.matcher(tag).matches()) {
            throw new Malformed("invalid tag: " + tag);
        }
        int slash = path.indexOf('/');
        String namespace = slash < 0 ? null : path.substring(0, slash);
        String name = slash < 0 ? path : path.substring(slash + 1);
        if (namespace != null && !NAME.matcher(namespace).matches()) {
            throw new Malformed("invalid namespace: " + namespace);
        }
        if (!NAME.matcher(name).matches()) {
            throw new Malformed("invalid template ID: " + name);
        }
        return new TemplateRef(namespace, name, DEFAULT_TAG.equals(tag) ? null : tag);
    }

    /// A tag to be assigned.
    public static Optional<String> tag(String text) {
        String clean = text.strip().toLowerCase(Locale.ROOT);
        return TAG.matcher(clean).matches() ? Optional.of(clean) : Optional.empty();
    }

    public String tagOrDefault() {
        return tag == null ? DEFAULT_TAG : tag;
    }

    @Override
    public String toString() {
        return (namespace == null ? "" : namespace + "/") + name + (tag == null ? "" : ":" + tag);
    }
}
