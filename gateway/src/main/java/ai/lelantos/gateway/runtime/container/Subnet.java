package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.util.List;

/// The `/16` of one home. Whether a machine may go out is written in its address, so the router's rules never change
/// while machines come and go: the lower quarter may, the second quarter may not.
///
/// @param first the two leading numbers, as `10.97`
record Subnet(String first) {

    /// Where candidates are looked for when the settings name none: `10.64.0.0` to `10.127.255.255`.
    private static final int CANDIDATES_FIRST = 64;

    private static final int CANDIDATES = 64;

    static Subnet parse(String cidr) {
        return new Subnet(cidr.replaceFirst("\\.0\\.0/16$", ""));
    }

    /// The first candidate that no route of the host overlaps, beginning at a number that differs between homes.
    ///
    /// @param routes destinations as `ip -4 route show table all` prints them
    static Subnet free(int spread, List<String> routes) {
        for (int i = 0; i < CANDIDATES; i++) {
            Subnet candidate = new Subnet("10." + (CANDIDATES_FIRST + (spread + i) % CANDIDATES));
            if (routes.stream().noneMatch(candidate::overlaps)) {
                return candidate;
            }
        }
        throw new RuntimeRefused(
                Reason.HOST,
                "every subnet from 10.64.0.0/16 to 10.127.0.0/16 is in use on this host; set LELANTOS_RUNTIME_SUBNET");
    }

    boolean overlaps(String destination) {
        if (!destination.matches("\\d+\\.\\d+\\.\\d+\\.\\d+(/\\d+)?")) {
            return false;
        }
        String[] parts = destination.split("/", -1);
        int bits = Math.min(16, parts.length == 1 ? 32 : Integer.parseInt(parts[1]));
        return bits > 0 && (leading(parts[0]) ^ leading(first + ".0.0")) >>> (16 - bits) == 0;
    }

    private static int leading(String address) {
        String[] numbers = address.split("\\.", -1);
        return Integer.parseInt(numbers[0]) << 8 | Integer.parseInt(numbers[1]);
    }

    String machine(int number, boolean internet) {
        int low = number + (internet ? 0 : 64 << 8);
        return first + "." + (low >> 8) + "." + (low & 255);
    }

    String cidr() {
        return first + ".0.0/16";
    }

    /// Every machine's address.
    String machines() {
        return first + ".0.0/17";
    }

    /// Addresses of machines that may go out.
    String open() {
        return first + ".0.0/18";
    }

    /// What machines send everything to: the router.
    String gateway() {
        return first + ".255.1";
    }

    /// The router's end of the link to the host.
    String routerUplink() {
        return first + ".255.254";
    }

    /// The host's end of it: the only address of the host that machines reach, at one port.
    String hostUplink() {
        return first + ".255.253";
    }
}
