package ai.lelantos.loadtest;

import ai.lelantos.loadtest.drive.Platform;
import ai.lelantos.loadtest.drive.Pools;
import ai.lelantos.loadtest.drive.Target;
import ai.lelantos.loadtest.drive.Unexpected;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.report.Fingerprint;
import ai.lelantos.loadtest.report.Page;
import ai.lelantos.loadtest.report.Promises;
import ai.lelantos.loadtest.report.Report;
import ai.lelantos.loadtest.report.Vitals;
import ai.lelantos.loadtest.scenario.Scenario;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// The bench's main: runs scenarios against a gateway, prints the table, writes JSON and a page, holds the promises.
public final class Load {

    private static final String USAGE = """
            usage: bench [options]            measures a running server
                   bench compare A.json B.json  prints B divided by A
                   bench rpc              the agent's RPC layer alone, beside Armeria's gRPC service; needs no server
                   bench store [ROWS]           the database alone, with so many rows (100000), on a server of its own
            options:
              --url URL          the server (default: E2B_API_URL)
              --key KEY          its API key (default: E2B_API_KEY)
              --only A,B         these scenarios
              --quick            everything small: within five minutes on two cores
              --promises         the scenarios that docs/promises.md needs; exit 1 on a broken promise
              --document FILE    with --promises: put the table into this document
              --home DIR         the server's home, to ask its database for a floor
              --pid PID          the gateway's process, to chart its memory and CPU
              --json FILE, --html FILE   where the reports go (default: bench.json, bench.html)
            scenarios:""";

    private static final Duration SETTLE_MAX = Duration.ofMinutes(3);

    private final Options options;

    private Load(Options options) {
        this.options = options;
    }

    public static void main(String[] args) throws IOException {
        if (args.length == 3 && args[0].equals("compare")) {
            System.out.print(Report.read(Path.of(args[2])).comparedWith(Report.read(Path.of(args[1]))));
            return;
        }
        Options options;
        try {
            options = Options.parse(args, System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage() + "\n" + USAGE);
            Scenario.all().forEach(scenario -> System.err.printf("  %-12s %s%n", scenario.name(), scenario.about()));
            System.exit(2);
            return;
        }
        System.exit(new Load(options).run());
    }

    private int run() throws IOException {
        Report report;
        try (var platform = new Platform(new Target(URI.create(options.url()), options.key()));
                var vitals = new Vitals(options.pid())) {
            var bench = new Bench(platform, options.home(), options.quick(), System.err);
            for (Scenario scenario : chosen()) {
                System.err.println(scenario.name() + ": " + scenario.about());
                if (!scenario.apart()) {
                    settle(platform);
                }
                vitals.during(scenario.name());
                bench.attempt(scenario.name(), "did not finish", () -> {
                    scenario.run(bench);
                    return scenario;
                });
            }
            report = new Report(
                    Instant.now(), options.quick(), Fingerprint.ofThisMachine(), bench.rows(), vitals.samples());
        }
        System.out.print(report.table());
        report.write(options.json());
        Files.writeString(options.html(), Page.of(report));
        System.out.println("report: " + options.html() + " and " + options.json());
        return options.promises() ? promises(report) : 0;
    }

    /// What an earlier scenario made the server want would otherwise be charged to the next one.
    private void settle(Platform platform) throws IOException {
        if (options.home() == null) {
            return;
        }
        try {
            var _ = new Pools(platform, options.home()).filled(SETTLE_MAX);
        } catch (Unexpected unsettled) {
            System.err.println("  measured on a server that has not settled: " + unsettled.getMessage());
        }
    }

    private List<Scenario> chosen() {
        return Scenario.all().stream()
                .filter(scenario -> options.only().isEmpty()
                        ? !scenario.apart()
                        : options.only().contains(scenario.name()))
                .filter(scenario -> !options.promises()
                        || scenario.name().equals("floor")
                        || Promises.scenarios().contains(scenario.name()))
                .toList();
    }

    private int promises(Report report) throws IOException {
        var promises = new Promises(report);
        System.out.println();
        System.out.print(promises.table());
        if (options.document() != null) {
            promises.writeInto(options.document());
        }
        promises.broken().forEach(broken -> System.err.println("broken: " + broken));
        return promises.broken().isEmpty() ? 0 : 1;
    }
}
