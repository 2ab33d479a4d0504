package ai.lelantos.gateway;

import ai.lelantos.gateway.agent.Agent;
import ai.lelantos.gateway.agent.Rehearsal;
import ai.lelantos.gateway.auth.Auth;
import ai.lelantos.gateway.auth.AuthSettings;
import ai.lelantos.gateway.auth.AuthStore;
import ai.lelantos.gateway.auth.Bootstrap;
import ai.lelantos.gateway.auth.Team;
import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.db.DatabaseSettings;
import ai.lelantos.gateway.http.Cors;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.http.Problems;
import ai.lelantos.gateway.http.RequestLog;
import ai.lelantos.gateway.http.ServerRoutes;
import ai.lelantos.gateway.proxy.Front;
import ai.lelantos.gateway.proxy.TlsSettings;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.gateway.runtime.RuntimeSettings;
import ai.lelantos.gateway.runtime.container.ContainerDriver;
import ai.lelantos.gateway.sandbox.SandboxSettings;
import ai.lelantos.gateway.sandbox.Sandboxes;
import ai.lelantos.gateway.sandbox.Tokens;
import ai.lelantos.gateway.settings.Home;
import ai.lelantos.gateway.settings.ServerSettings;
import ai.lelantos.gateway.settings.Settings;
import ai.lelantos.gateway.template.TemplateRoutes;
import ai.lelantos.gateway.template.TemplateSettings;
import ai.lelantos.gateway.template.TemplateStore;
import ai.lelantos.gateway.template.Templates;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.web.reactive.function.server.HandlerStrategies;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

/// Every object of the program, top to bottom in the order of the flows: no component scan, no auto-configuration, what
/// runs is on this page.
@Configuration(proxyBeanMethods = false)
public class Wiring {

    /// Every settings record there is.
    static final List<Class<? extends Record>> ROOMS = List.of(
            ServerSettings.class,
            TlsSettings.class,
            DatabaseSettings.class,
            AuthSettings.class,
            SandboxSettings.class,
            TemplateSettings.class,
            RuntimeSettings.class);

    /// Variables with our lead that only the door and the build read.
    static final List<String> DOOR = List.of("LELANTOS_JAVA_HOME", "LELANTOS_TEST_HOME", "LELANTOS_MIRROR");

    private static final Problem DATABASE_AWAY =
            new Problem(503, "The database cannot be reached; try again in a moment", null, 1);
    private static final Duration API_IDLE_MAX = Duration.ofSeconds(620);
    private static final int HEADER_BYTES_MAX = 64 << 10;
    private static final int RANDOM_BYTES = 32;
    /// The kernel's limit is 107.
    private static final int SOCKET_CHARS_MAX = 100;

    /// What exists before anything is wired: see [Gateway#start].
    record Given(
            Settings settings, Home home, Database database, Bootstrap bootstrap, Team team, RuntimeDriver driver) {}

    static RuntimeDriver driver(Settings settings, Home home) {
        RuntimeSettings runtime = settings.room(RuntimeSettings.class);
        return switch (runtime.runtime()) {
            case AUTO, CONTAINER ->
                new ContainerDriver(
                        home.path(),
                        runtime,
                        machine ->
                                new Rehearsal(agent(settings)).of(machine.address(), machine.id(), machine::introduce));
        };
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    /// Random bytes that never wait: seeded once, here.
    @Bean
    Supplier<byte[]> random() throws NoSuchAlgorithmException {
        SecureRandom random = SecureRandom.getInstance("DRBG");
        random.nextBytes(new byte[RANDOM_BYTES]);
        return () -> {
            byte[] bytes = new byte[RANDOM_BYTES];
            random.nextBytes(bytes);
            return bytes;
        };
    }

    // ---- who is asking

    @Bean
    Auth auth(Given given, Supplier<byte[]> random, Clock clock) {
        return Auth.of(
                new AuthStore(given.database),
                given.bootstrap.adminToken(),
                given.settings.room(AuthSettings.class),
                random,
                clock);
    }

    // ---- what sandboxes start from

    @Bean
    TemplateStore templateStore(Given given) {
        return new TemplateStore(given.database);
    }

    @Bean
    Templates templates(TemplateStore store, Clock clock) {
        return new Templates(store, clock);
    }

    // ---- sandboxes

    @Bean
    Agent agent(Given given) {
        return agent(given.settings);
    }

    private static Agent agent(Settings settings) {
        return new Agent(settings.room(SandboxSettings.class).agentPort());
    }

    @Bean(destroyMethod = "")
    Sandboxes sandboxes(
            Given given, Agent agent, Auth auth, Templates templates, Supplier<byte[]> random, Clock clock) {
        return new Sandboxes(new Sandboxes.Needs(
                given.database,
                given.driver,
                agent,
                auth.door(),
                templates,
                new Tokens(given.bootstrap.seed()),
                given.settings.room(SandboxSettings.class),
                given.settings.room(ServerSettings.class).domain(),
                given.bootstrap.node(),
                random,
                clock));
    }

    // ---- the edge

    @Bean
    ServerRoutes serverRoutes(Given given) {
        return new ServerRoutes(Home.key(given.home.path()));
    }

    @Bean
    RouterFunction<ServerResponse> routes(
            ServerRoutes server, Sandboxes sandboxes, TemplateStore templates, Auth auth, Clock clock) {
        return sandboxes
                .routes()
                .and(server.routes())
                .and(new TemplateRoutes(templates, auth.door(), clock).routes())
                .and(auth.routes().routes());
    }

    @Bean
    HttpHandler api(RouterFunction<ServerResponse> routes, Auth auth, Sandboxes sandboxes) {
        return RouterFunctions.toHttpHandler(
                routes,
                HandlerStrategies.empty()
                        .codecs(codecs -> codecs.registerDefaults(true))
                        .webFilter(new RequestLog())
                        .webFilter(new Cors())
                        .webFilter(auth.rateLimit())
                        .webFilter(sandboxes.idempotency())
                        .exceptionHandler(new Problems(List.of(Sandboxes::problem, Wiring::databaseAway)))
                        .build());
    }

    private static Optional<Problem> databaseAway(Throwable failure) {
        return Database.away(failure) ? Optional.of(DATABASE_AWAY) : Optional.empty();
    }

    /// The API listens where only the front reaches it.
    @Bean
    NettyReactiveWebServerFactory server(Given given) {
        SocketAddress inner = inner(given.home);
        NettyReactiveWebServerFactory factory = new NettyReactiveWebServerFactory(0);
        factory.addServerCustomizers(server -> server.bindAddress(() -> inner)
                .idleTimeout(API_IDLE_MAX)
                .httpRequestDecoder(
                        decoder -> decoder.maxHeaderSize(HEADER_BYTES_MAX).maxInitialLineLength(HEADER_BYTES_MAX)));
        return factory;
    }

    @Bean(destroyMethod = "")
    Front front(Given given, Sandboxes sandboxes) {
        SocketAddress inner = inner(given.home);
        return new Front(
                Math.max(2, Runtime.getRuntime().availableProcessors()),
                domain(given.settings),
                sandboxes.running(),
                () -> inner);
    }

    /// The domain below which every sandbox has its names, without a port.
    static String domain(Settings settings) {
        return Objects.requireNonNullElse(settings.room(ServerSettings.class).domain(), "lelantos.localhost")
                .replaceFirst(":[0-9]+$", "");
    }

    private static SocketAddress inner(Home home) {
        Path socket = home.run().resolve("api.sock");
        if (socket.toString().length() > SOCKET_CHARS_MAX) {
            socket = Path.of(
                    "/tmp", "lelantos-api-" + Integer.toHexString(home.path().hashCode()) + ".sock");
        }
        return new DomainSocketAddress(socket.toString());
    }
}
