package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import ai.lelantos.gateway.runtime.container.egress.Egress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The machines' network: a router in a namespace of its own, one link per machine, one link to the host. The host
/// gets one interface, one address and one route; its forwarding and its firewall stay as they are, since nothing is
/// forwarded by it: what may go out, goes through [Egress].
final class Network {

    /// What machines know the host by.
    static final String HOST_SERVICE = "192.0.2.1";

    /// Where the gateway listens for it, on an address only the router reaches.
    static final int HOST_SERVICE_PORT = 49_981;

    /// The router's own listeners for what machines send out.
    static final int EGRESS_PORT = 49_982;

    static final int DNS_PORT = 53;

    static final String ROUTER_MAC = "02:fe:ff:00:00:01";
    private static final String UPLINK_HOST_MAC = "02:fe:ff:00:00:02";
    private static final String UPLINK_ROUTER_MAC = "02:fe:ff:00:00:03";

    /// Connections one machine may have through the router at once, so that none fills the table of all.
    private static final int FLOWS_MAX = 4_096;

    private final Instance instance;
    private final Subnet subnet;
    private final String ip;
    private final String nft;

    private Network(Instance instance, Subnet subnet) {
        this.instance = instance;
        this.subnet = subnet;
        this.ip = Programs.need("ip", "iproute2").toString();
        this.nft = Programs.need("nft", "nftables").toString();
    }

    /// The network of this home: the one an earlier gateway left, when machines may still live in it, or a new one.
    static Network open(Instance instance, @Nullable String wanted, int placesMax, boolean keep) throws IOException {
        Path note = instance.run().resolve("subnet");
        if (keep && Files.exists(instance.routerFile()) && Files.exists(note)) {
            Network found =
                    new Network(instance, Subnet.parse(Files.readString(note).strip()));
            found.rules(placesMax);
            return found;
        }
        remove(instance);
        Subnet subnet = wanted == null ? Subnet.free(instance.spread(), routes()) : Subnet.parse(wanted);
        Network made = new Network(instance, subnet);
        made.make();
        made.rules(placesMax);
        Trees.replace(note, subnet.cidr());
        return made;
    }

    private static List<String> routes() throws IOException {
        String ip = Programs.need("ip", "iproute2").toString();
        List<String> destinations = new ArrayList<>();
        for (String line : Programs.run("", List.of(ip, "-4", "route", "show", "table", "all"))
                .split("\n", -1)) {
            for (String word : line.strip().split(" ", -1)) {
                if (!word.isEmpty() && Character.isDigit(word.charAt(0))) {
                    destinations.add(word); // the first address of a line is its destination
                    break;
                }
            }
        }
        return destinations;
    }

    private void make() throws IOException {
        String uplink = instance.uplink();
        var _ = Programs.run("", List.of(ip, "netns", "add", instance.name()));
        batch(
                null,
                List.of(
                        "link add " + uplink + " address " + UPLINK_HOST_MAC + " type veth peer name host address "
                                + UPLINK_ROUTER_MAC + " netns " + instance.name(),
                        "addr add " + subnet.hostUplink() + "/32 dev " + uplink,
                        "link set " + uplink + " up",
                        "neigh replace " + subnet.routerUplink() + " lladdr " + UPLINK_ROUTER_MAC + " dev " + uplink
                                + " nud permanent",
                        "route add " + subnet.routerUplink() + " dev " + uplink,
                        "route add " + subnet.machines() + " via " + subnet.routerUplink() + " dev " + uplink + " src "
                                + subnet.hostUplink()));
        inRouter(
                "",
                "sh",
                "-c",
                "set -e; cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv4/conf/all/rp_filter;"
                        + " echo 1 >ipv4/conf/default/rp_filter; echo 0 >ipv4/conf/all/send_redirects;"
                        + " echo 0 >ipv4/conf/default/send_redirects; echo 0 >ipv4/conf/default/accept_redirects;"
                        + " echo 1 >ipv6/conf/all/disable_ipv6; echo 1 >ipv6/conf/default/disable_ipv6");
        batch(
                instance.name(),
                List.of(
                        "link set lo up",
                        "addr add " + subnet.gateway() + "/32 dev lo",
                        "addr add " + subnet.routerUplink() + "/32 dev host",
                        "link set host up",
                        "neigh replace " + subnet.hostUplink() + " lladdr " + UPLINK_HOST_MAC
                                + " dev host nud permanent",
                        "route add " + subnet.hostUplink() + " dev host"));
    }

    /// All rules at once, for every place there will ever be: boots and kills change none of them.
    private void rules(int placesMax) throws IOException {
        inRouter(ruleset(subnet, placesMax), nft, "-f", "-");
    }

    static String ruleset(Subnet subnet, int placesMax) {
        String places = IntStream.rangeClosed(1, placesMax)
                .mapToObj(n -> "\"s" + n + "\" . " + subnet.machine(n, true) + ", \"s" + n + "\" . "
                        + subnet.machine(n, false))
                .collect(Collectors.joining(",\n"));
        String machine = "iifname \"s*\"";
        String hostService = subnet.hostUplink() + ":" + HOST_SERVICE_PORT;
        String egress = subnet.gateway() + ":" + EGRESS_PORT;
        String dns = subnet.gateway() + ":" + DNS_PORT;
        return """
                flush ruleset
                table inet lelantos {
                  set places { type ifname . ipv4_addr; elements = { %s } }
                  set flows { type ipv4_addr; size 8192; flags dynamic; }
                  chain honest {
                    type filter hook prerouting priority raw; policy accept;
                    %s meta nfproto != ipv4 drop
                    %s iifname . ip saddr != @places drop
                  }
                  chain outward {
                    type nat hook prerouting priority dstnat; policy accept;
                    %s ip daddr %s tcp dport 80 dnat ip to %s
                    %s ip saddr %s udp dport 53 dnat ip to %s
                    %s ip saddr %s ip daddr != %s meta l4proto tcp dnat ip to %s
                  }
                  chain input {
                    type filter hook input priority filter; policy drop;
                    iifname "lo" accept
                    ct state established accept
                    %s ct state new add @flows { ip saddr ct count over %d } drop
                    %s ct status dnat accept
                  }
                  chain forward {
                    type filter hook forward priority filter; policy drop;
                    ct state established,related accept
                    iifname "host" oifname "s*" ip saddr %s accept
                    %s ct state new add @flows { ip saddr ct count over %d } drop
                    %s oifname "host" ct status dnat ip daddr %s tcp dport %d accept
                    %s reject with icmp type admin-prohibited
                  }
                }
                """.formatted(
                        places,
                        machine,
                        machine,
                        machine,
                        HOST_SERVICE,
                        hostService,
                        machine,
                        subnet.open(),
                        dns,
                        machine,
                        subnet.open(),
                        HOST_SERVICE,
                        egress,
                        machine,
                        FLOWS_MAX,
                        machine,
                        subnet.hostUplink(),
                        machine,
                        FLOWS_MAX,
                        machine,
                        subnet.hostUplink(),
                        HOST_SERVICE_PORT,
                        machine);
    }

    Subnet subnet() {
        return subnet;
    }

    /// Opens the way out; the caller closes it.
    Egress egress() throws IOException {
        return Egress.open(
                this::inside,
                new InetSocketAddress(subnet.gateway(), EGRESS_PORT),
                new InetSocketAddress(subnet.gateway(), DNS_PORT),
                Path.of("/etc/resolv.conf"));
    }

    /// A thread of its own, since it never comes back from the router's namespace.
    private <T> T inside(Callable<T> work) throws IOException {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().name("runtime-router").start(() -> {
            try {
                Kernel.enterNetwork(instance.routerFile());
                result.complete(work.call());
            } catch (Exception failure) {
                result.completeExceptionally(failure);
            }
        });
        try {
            return result.join();
        } catch (CompletionException failed) {
            throw new IOException("cannot listen in the router", failed.getCause());
        }
    }

    InetSocketAddress hostService() {
        return new InetSocketAddress(subnet.hostUplink(), HOST_SERVICE_PORT);
    }

    /// Removes the router and, with it, every link.
    static void remove(Instance instance) throws IOException {
        if (Files.exists(instance.routerFile())) {
            String ip = Programs.need("ip", "iproute2").toString();
            var _ = Programs.run("", List.of(ip, "netns", "del", instance.name()));
        }
        if (Files.exists(Path.of("/sys/class/net", instance.uplink()))) {
            String ip = Programs.need("ip", "iproute2").toString();
            try {
                var _ = Programs.run("", List.of(ip, "link", "del", instance.uplink()));
            } catch (IOException failed) {
                // the router's end went first and took this one along
                if (Files.exists(Path.of("/sys/class/net", instance.uplink()))) {
                    throw new RuntimeRefused(
                            Reason.HOST, "cannot remove " + instance.uplink() + ": " + failed.getMessage());
                }
            }
        }
    }

    /// Removes all links of machines but these. Most went with their machine, but the kernel takes its time over a
    /// namespace that ended, and a place whose link is still there cannot be made again.
    void keepOnly(Set<String> kept) throws IOException {
        Look.await(
                () -> {
                    List<String> strays = machineLinks().stream()
                            .filter(each -> !kept.contains(each))
                            .toList();
                    if (strays.isEmpty()) {
                        return true;
                    }
                    try {
                        batch(
                                instance.name(),
                                strays.stream().map(each -> "link del " + each).toList());
                    } catch (IOException goneMeanwhile) {
                        // the next look tells whether one is left
                    }
                    return false;
                },
                "the end of the links of machines that are gone");
    }

    private List<String> machineLinks() throws IOException {
        return Programs.run("", List.of(ip, "-n", instance.name(), "-o", "link", "show"))
                .lines()
                .map(line -> line.split("[ :@]+", 3)[1])
                .filter(name -> name.matches(Place.LINK + "[0-9]+"))
                .toList();
    }

    private void batch(@Nullable String namespace, List<String> lines) throws IOException {
        List<String> command = new ArrayList<>(List.of(ip));
        if (namespace != null) {
            command.addAll(List.of("-n", namespace));
        }
        command.addAll(List.of("-batch", "-"));
        var _ = Programs.run(String.join("\n", lines) + "\n", command);
    }

    private void inRouter(String input, String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of(ip, "netns", "exec", instance.name()));
        all.addAll(List.of(command));
        var _ = Programs.run(input, all);
    }
}
