package ai.lelantos.envd;

import ai.lelantos.envd.access.AccessRoutes;
import ai.lelantos.envd.access.AccessToken;
import ai.lelantos.envd.access.CallIdentity;
import ai.lelantos.envd.access.Callers;
import ai.lelantos.envd.access.FileGate;
import ai.lelantos.envd.access.Identity;
import ai.lelantos.envd.files.FilesRoutes;
import ai.lelantos.envd.files.FilesystemService;
import ai.lelantos.envd.host.BootFacts;
import ai.lelantos.envd.host.Certificates;
import ai.lelantos.envd.host.Globals;
import ai.lelantos.envd.host.HostLine;
import ai.lelantos.envd.host.HostRoutes;
import ai.lelantos.envd.host.Init;
import ai.lelantos.envd.host.Metrics;
import ai.lelantos.envd.http.Endpoints;
import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.Spawner;
import ai.lelantos.envd.linux.Users;
import ai.lelantos.envd.logs.OutputLog;
import ai.lelantos.envd.ports.Exposure;
import ai.lelantos.envd.process.Cgroups;
import ai.lelantos.envd.process.ProcessService;
import ai.lelantos.envd.rpc.RpcLimits;
import ai.lelantos.envd.rpc.RpcRoutes;
import com.linecorp.armeria.server.Server;
import io.grpc.BindableService;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Every object of the agent, in the order of its flows.
final class Wiring {

    /// Longer than any hop in front of us keeps a connection, so that none is closed under a request.
    private static final Duration IDLE_MAX = Duration.ofSeconds(640);

    private static final int HEADERS_BYTES_MAX = 64 << 10;

    /// What commands write within it goes into the log together.
    private static final Duration LOG_GATHER = Duration.ofMillis(200);

    private static final int LOG_PORT = 80;

    /// For commands, where the agent itself was started without one.
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Wiring() {}

    /// What main sets going.
    record Agent(Server server, HostLine hostLine) {}

    static Agent agent(EnvdSettings settings) throws Errno {
        var users = new Users();
        var globals = new Globals();
        var token = new AccessToken();
        var callers = new Callers(users, globals::defaultUser);

        var identity = new CallIdentity(callers);
        var loop = Loop.start("envd-loop");
        // An agent that listens on one address only is not alone on its machine: its clock and ports stay as they are.
        boolean alone = new InetSocketAddress(settings.host(), 0).getAddress().isAnyLocalAddress();
        var logs = new OutputLog(globals::sandboxId, () -> logHost(settings, globals, alone), task -> {
            var _ = loop.after(LOG_GATHER, task);
        });
        var processes = processes(settings, loop, identity, globals, logs);
        var files = new FilesystemService(loop, users, identity, globals);

        var endpoints = new Endpoints();
        new FilesRoutes(new FileGate(token, Clock.systemUTC()), users, globals).mount(endpoints);
        Init init = init(token, globals, alone);
        new HostRoutes(globals, init, new Metrics(Path.of("/sys/fs/cgroup"), Path.of("/proc"), Clock.systemUTC()))
                .mount(endpoints);

        var server = Server.builder()
                .http(new InetSocketAddress(settings.host(), settings.port()))
                .requestTimeoutMillis(0)
                .maxRequestLength(0)
                .idleTimeout(IDLE_MAX)
                .http1MaxHeaderSize(HEADERS_BYTES_MAX)
                .http1MaxInitialLineLength(HEADERS_BYTES_MAX)
                .disableServerHeader();
        Endpoints.refuseInShape(server);
        RpcRoutes.mount(server, List.<BindableService>of(processes, files), RpcLimits.DEFAULT);
        endpoints.mount(server);
        if (alone) {
            new Exposure(loop).start();
        }
        Readiness.keep(loop);
        return new Agent(server.decorator(new AccessRoutes(token, callers)).build(), new HostLine(init));
    }

    private static Init init(AccessToken token, Globals globals, boolean alone) {
        Path root = Path.of("/");
        var certificates = new Certificates(root);
        certificates.restore();
        return new Init(token, globals, new BootFacts(root, alone), certificates);
    }

    /// Where lines of the sandbox's log are taken: its host's own service, on the port of HTTP.
    private static Optional<InetSocketAddress> logHost(EnvdSettings settings, Globals globals, boolean alone) {
        if (!settings.logs().isEmpty()) {
            String[] place = settings.logs().split(":", -1);
            return Optional.of(new InetSocketAddress(place[0], Integer.parseInt(place[1])));
        }
        String events = globals.eventsAddress();
        return alone && !events.isEmpty()
                ? Optional.of(new InetSocketAddress(URI.create(events).getHost(), LOG_PORT))
                : Optional.empty();
    }

    private static ProcessService processes(
            EnvdSettings settings, Loop loop, Identity identity, Globals globals, OutputLog logs) throws Errno {
        var spawner = new Spawner(loop, settings.spawn());
        var cgroups = Cgroups.under(Path.of("/sys/fs/cgroup"));
        String path = System.getenv().getOrDefault("PATH", PATH);
        return new ProcessService(identity, loop, spawner, globals, cgroups, logs, path);
    }
}
