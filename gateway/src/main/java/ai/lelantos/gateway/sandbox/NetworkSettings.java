package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A sandbox's network settings, checked by the contract. What this server cannot enforce yet it refuses; nothing is
/// accepted and then ignored.
///
/// @param stored as given, without what must not be told again, null when nothing was given
/// @param internet whether anything beyond its own host service may be reached
record NetworkSettings(
        @Nullable String stored,
        boolean internet,
        boolean publicTraffic,
        @Nullable String maskRequestHost,
        Set<Integer> httpsPorts) {

    private static final String ALL_V4 = "0.0.0.0/0";
    private static final int AGENT_PORT = 49_983;
    private static final int PORT_MAX = 65_535;
    private static final int RULE_DOMAINS_MAX = 10;
    private static final int RULE_HEADERS_MAX = 20;
    private static final int DOMAIN_CHARS_MAX = 128;
    private static final int HEADER_NAME_CHARS_MAX = 64;
    private static final int HEADER_VALUE_CHARS_MAX = 2_048;
    private static final Pattern V4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(?!$)|$)){4}");
    private static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");
    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final Pattern MASK_PORT = Pattern.compile("\\$\\{PORT}|[0-9]{1,5}");

    /// Of a new sandbox.
    static NetworkSettings of(Optional<Body> network, Optional<Boolean> allowInternet) {
        boolean allowed = allowInternet.orElse(true);
        if (network.isEmpty()) {
            return new NetworkSettings(null, allowed, true, null, Set.of());
        }
        Body body = network.get();
        boolean open = egress(body, allowed);
        boolean publicTraffic = body.bool("allowPublicTraffic").orElse(true);
        String mask = body.optionalString("maskRequestHost")
                .map(NetworkSettings::mask)
                .orElse(null);
        Set<Integer> https = httpsPorts(body.integers("httpsPorts").orElse(List.of()));
        return new NetworkSettings(stored(body.node()), open, publicTraffic, mask, https);
    }

    /// Of a running one: new egress rules over what stays.
    static NetworkSettings update(Body body, @Nullable String stored, @Nullable Boolean flag) {
        boolean open = egress(body, body.bool("allow_internet_access").orElse(flag == null || flag));
        ObjectNode merged = stored == null
                ? tools.jackson.databind.json.JsonMapper.shared().createObjectNode()
                : (ObjectNode) Json.parse(stored);
        for (String each : List.of("allowOut", "denyOut", "rules", "egressProxy")) {
            merged.remove(each);
            body.raw(each).ifPresent(value -> merged.set(each, value));
        }
        NetworkSettings kept = stored(merged.isEmpty() ? null : merged.toString(), true);
        return new NetworkSettings(
                merged.isEmpty() ? null : stored(merged),
                open,
                kept.publicTraffic,
                kept.maskRequestHost,
                kept.httpsPorts);
    }

    /// As they were checked once.
    static NetworkSettings stored(@Nullable String stored, boolean internet) {
        if (stored == null) {
            return new NetworkSettings(null, internet, true, null, Set.of());
        }
        Body body = Body.of(stored.getBytes(StandardCharsets.UTF_8));
        return new NetworkSettings(
                stored,
                internet && !body.strings("denyOut").orElse(List.of()).contains(ALL_V4),
                body.bool("allowPublicTraffic").orElse(true),
                body.optionalString("maskRequestHost").orElse(null),
                Set.copyOf(body.integers("httpsPorts").orElse(List.of())));
    }

    /// Checks the rules for what goes out; whether the internet stays open.
    private static boolean egress(Body body, boolean allowed) {
        List<String> deny = body.strings("denyOut").orElse(List.of());
        deny.forEach(each -> {
            if (!isAddress(each)) {
                throw refuse("invalid denied CIDR " + each);
            }
        });
        List<String> allow = body.strings("allowOut").orElse(List.of());
        boolean domains = false;
        for (String each : allow) {
            if (each.equals("0.0.0.0") || each.equals("::")) {
                throw refuse("invalid allowed address " + each);
            }
            if (!isAddress(each)) {
                domains = true;
                if (!each.equals("*") && !isDomain(each.startsWith("*.") ? each.substring(2) : each)) {
                    throw refuse("invalid allowed address " + each);
                }
            }
        }
        if (domains && !deny.contains(ALL_V4)) {
            throw refuse(
                    "When specifying allowed domains in allow out, you must include 'ALL_TRAFFIC' in deny out to block all other traffic.");
        }
        body.object("rules").ifPresent(NetworkSettings::rules);
        if (body.has("egressProxy")) {
            throw new Problem(403, "Egress proxy (network.egressProxy) is not enabled for this team.").toException();
        }
        if (!allow.isEmpty()) {
            throw unenforced("network.allowOut");
        }
        if (body.object("rules").map(rules -> !rules.names().isEmpty()).orElse(false)) {
            throw unenforced("network.rules");
        }
        if (deny.isEmpty()) {
            return allowed;
        }
        if (deny.contains(ALL_V4)) {
            return false;
        }
        throw unenforced("network.denyOut other than " + ALL_V4);
    }

    private static void rules(Body rules) {
        List<String> names = rules.names();
        if (names.size() > RULE_DOMAINS_MAX) {
            throw refuse("network.rules has " + names.size() + " domains (at most " + RULE_DOMAINS_MAX + ")");
        }
        for (String name : names) {
            String domain = name.toLowerCase(Locale.ROOT);
            if (domain.length() > DOMAIN_CHARS_MAX
                    || !isDomain(domain.startsWith("*.") ? domain.substring(2) : domain)) {
                throw refuse("network.rules: invalid domain " + name);
            }
            List<Body> list = rules.objects(name).orElse(List.of());
            if (list.size() > 1) {
                throw refuse("network.rules: " + name + " has " + list.size() + " rules (at most 1)");
            }
            for (Body rule : list) {
                rule.object("transform")
                        .flatMap(transform -> transform.map("headers"))
                        .ifPresent(NetworkSettings::headers);
            }
        }
    }

    private static void headers(Map<String, String> headers) {
        if (headers.size() > RULE_HEADERS_MAX) {
            throw refuse("network.rules: " + headers.size() + " headers (at most " + RULE_HEADERS_MAX + ")");
        }
        headers.forEach((name, value) -> {
            if (name.isEmpty() || name.length() > HEADER_NAME_CHARS_MAX || value.length() > HEADER_VALUE_CHARS_MAX) {
                throw refuse("network.rules: header " + name + " is too long");
            }
        });
    }

    private static String mask(String host) {
        int colon = host.indexOf(':');
        String name = colon < 0 ? host : host.substring(0, colon);
        String port = colon < 0 ? "80" : host.substring(colon + 1);
        String probe = name.replace("${PORT}", "80");
        if (!(isDomain(probe.toLowerCase(Locale.ROOT)) || V4.matcher(probe).matches())
                || !MASK_PORT.matcher(port).matches()) {
            throw refuse("mask request host is not valid: " + host);
        }
        return host;
    }

    private static Set<Integer> httpsPorts(List<Integer> ports) {
        ports.forEach(port -> {
            if (port < 1 || port > PORT_MAX || port == AGENT_PORT) {
                throw refuse(
                        "network.httpsPorts: " + port + " (expected: 1 to " + PORT_MAX + ", not " + AGENT_PORT + ")");
            }
        });
        return Set.copyOf(new HashSet<>(ports));
    }

    private static boolean isAddress(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        boolean four = V4.matcher(address).matches();
        if (!four && !V6.matcher(address).matches()) {
            return false;
        }
        if (slash < 0) {
            return true;
        }
        String bits = text.substring(slash + 1);
        return bits.matches("[0-9]{1,3}") && Integer.parseInt(bits) <= (four ? 32 : 128);
    }

    private static boolean isDomain(String text) {
        return text.length() <= DOMAIN_CHARS_MAX
                && !text.isEmpty()
                && java.util.Arrays.stream(text.toLowerCase(Locale.ROOT).split("\\.", -1))
                        .allMatch(label -> LABEL.matcher(label).matches());
    }

    /// Without the proxy's password, which is never told again.
    private static String stored(JsonNode node) {
        JsonNode copy = node.deepCopy();
        if (copy.get("egressProxy") instanceof ObjectNode proxy) {
            proxy.remove("password");
        }
        return copy.toString();
    }

    private static ProblemException unenforced(String what) {
        return new Problem(400, what + " cannot be enforced by this server yet, so it is refused").toException();
    }

    private static ProblemException refuse(String message) {
        return new Problem(400, message).toException();
    }
}
