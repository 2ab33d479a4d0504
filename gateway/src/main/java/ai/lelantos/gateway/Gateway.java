package ai.lelantos.gateway;

import ai.lelantos.gateway.auth.AuthSettings;
import ai.lelantos.gateway.auth.AuthStore;
import ai.lelantos.gateway.auth.Bootstrap;
import ai.lelantos.gateway.auth.Team;
import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.db.DatabaseSettings;
import ai.lelantos.gateway.db.EmbeddedPostgres;
import ai.lelantos.gateway.db.Migrations;
import ai.lelantos.gateway.http.ProblemException;
import ai.lelantos.gateway.http.ServerRoutes;
import ai.lelantos.gateway.proxy.Front;
import ai.lelantos.gateway.proxy.Tls;
import ai.lelantos.gateway.proxy.TlsSettings;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.sandbox.Sandboxes;
import ai.lelantos.gateway.settings.Home;
import ai.lelantos.gateway.settings.ServerSettings;
import ai.lelantos.gateway.settings.Settings;
import ai.lelantos.gateway.settings.StartRefused;
import ai.lelantos.gateway.template.TemplateRef;
import ai.lelantos.gateway.template.TemplateSettings;
import ai.lelantos.gateway.template.Templates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Mono;

/// The gateway's main: starts what everything stands on in order, opens the door last, and ends it in reverse. The only
/// place that waits.
public final class Gateway implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Gateway.class);

    private static final Duration STEP_MAX = Duration.ofMinutes(5);
    private static final int EXIT_REFUSED = 1;

    private final FileChannel lock;
    private final @Nullable EmbeddedPostgres postgres;
    private final Database database;
    private final RuntimeDriver driver;
    private final ConfigurableApplicationContext context;
    private final Front front;
    private final InetSocketAddress address;
    private boolean closed;

    private Gateway(
            FileChannel lock,
            @Nullable EmbeddedPostgres postgres,
            Database database,
            RuntimeDriver driver,
            ConfigurableApplicationContext context,
            Front front,
            InetSocketAddress address) {
        this.lock = lock;
        this.postgres = postgres;
        this.database = database;
        this.driver = driver;
        this.context = context;
        this.front = front;
        this.address = address;
    }

    public static void main(String[] args) {
        try {
            if (List.of(args).equals(List.of("config"))) {
                System.out.print(settings(System.getenv()).print());
                return;
            }
            if (List.of(args).equals(List.of("selftest"))) {
                System.out.println(selfTest(settings(System.getenv())));
                return;
            }
            if (args.length > 0) {
                throw new StartRefused("The argument '%s' is unknown: start without one, or with config or selftest."
                        .formatted(args[0]));
            }
            Gateway gateway = start(System.getenv(), Wiring::driver);
            Runtime.getRuntime().addShutdownHook(new Thread(gateway::close, "shutdown"));
        } catch (StartRefused | RuntimeRefused refused) {
            System.err.println(refused.getMessage());
            System.exit(EXIT_REFUSED);
        } catch (RuntimeException failure) {
            System.err.println(sentence(failure));
            log.debug("start failed", failure);
            System.exit(EXIT_REFUSED);
        }
    }

    /// What this machine's sandboxes are worth, in one line; a server may run meanwhile.
    private static String selfTest(Settings settings) {
        Home home = Home.at(settings.room(ServerSettings.class).homeOrUsual());
        return Objects.requireNonNull(Wiring.driver(settings, home).selfTest().block(STEP_MAX));
    }

    /// Everything up and answering, or a [StartRefused] that says what to do.
    ///
    /// @param drivers makes the driver; tests bring their own
    public static Gateway start(Map<String, String> environment, BiFunction<Settings, Home, RuntimeDriver> drivers) {
        Settings settings = settings(environment);
        ServerSettings server = settings.room(ServerSettings.class);
        Home home = Home.at(server.homeOrUsual());
        Deque<Runnable> undo = new ArrayDeque<>();
        try {
            FileChannel lock = home.lock();
            undo.push(() -> unlock(lock));
            return start(settings, home, lock, undo, drivers);
        } catch (RuntimeException failure) {
            undo.forEach(each -> step("undo", each));
            throw failure;
        }
    }

    /// @param undo what to do, last first, when the start is refused half-way
    private static Gateway start(
            Settings settings,
            Home home,
            FileChannel lock,
            Deque<Runnable> undo,
            BiFunction<Settings, Home, RuntimeDriver> drivers) {
        InetSocketAddress wanted = address(settings.room(ServerSettings.class));
        DatabaseSettings databaseSettings = settings.room(DatabaseSettings.class);
        EmbeddedPostgres postgres = databaseSettings.url() == null ? EmbeddedPostgres.start(home) : null;
        if (postgres != null) {
            undo.push(postgres::stop);
        }
        Database database = postgres == null
                ? Database.at(Objects.requireNonNull(databaseSettings.url()), databaseSettings)
                : Database.embedded(postgres.access(), databaseSettings);
        undo.push(database::close);
        Bootstrap bootstrap = new Bootstrap(home, settings.room(AuthSettings.class));
        Team team = prepare(database, bootstrap);
        RuntimeDriver driver = drivers.apply(settings, home);
        log.atInfo()
                .addKeyValue("driver", driver.name())
                .log("{}", driver.selfTest().block(STEP_MAX));
        ConfigurableApplicationContext context =
                context(new Wiring.Given(settings, home, database, bootstrap, team, driver));
        undo.push(context::close);
        Templates templates = context.getBean(Templates.class);
        templates
                .seed(team, home.images(), settings.room(TemplateSettings.class))
                .block(STEP_MAX);
        Sandboxes sandboxes = context.getBean(Sandboxes.class);
        undo.push(sandboxes::close);
        sandboxes.start().block(STEP_MAX);
        warm(templates, team, driver).block(STEP_MAX);
        Front front = context.getBean(Front.class);
        undo.push(front::close);
        InetSocketAddress bound = listen(front, wanted);
        guests(front, driver);
        secure(front, settings, home, wanted);
        hello(bootstrap, bound);
        return new Gateway(lock, postgres, database, driver, context, front, bound);
    }

    /// The first create after a start shall find a machine that already stands: the base template's, as most ask for
    /// it. A home without that template has nothing to warm.
    private static Mono<Void> warm(Templates templates, Team team, RuntimeDriver driver) {
        return templates
                .bootable(team, new TemplateRef(null, "base", null))
                .flatMap(base -> driver.warm(new MachineSpec(
                        base.templateId(), base.image(), base.cpuCount(), base.memoryMb(), base.diskMb(), true)))
                .onErrorComplete(ProblemException.class);
    }

    /// Where it answers.
    public InetSocketAddress address() {
        return address;
    }

    public ConfigurableApplicationContext context() {
        return context;
    }

    /// Orderly: nothing new comes in, sandboxes end, rows say so, PostgreSQL is last.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        Sandboxes sandboxes = context.getBean(Sandboxes.class);
        step("drain", () -> context.getBean(ServerRoutes.class).drain());
        step("close sandboxes", sandboxes::close);
        step("stop machines", () -> driver.stop().block(STEP_MAX));
        step("mark sandboxes", () -> sandboxes.ended().block(STEP_MAX));
        step("close listeners", front::close);
        step("close API", context::close);
        step("close database", database::close);
        if (postgres != null) {
            step("stop database", postgres::stop);
        }
        step("unlock home", () -> unlock(lock));
    }

    /// As if it were killed: nothing is told to anyone. For tests of what a start finds.
    public synchronized void abandon() {
        closed = true;
        context.getBean(Sandboxes.class).close();
        front.close();
        context.close();
        database.close();
        unlock(lock);
    }

    static Settings settings(Map<String, String> environment) {
        String home = environment.get("LELANTOS_HOME");
        Path folder = home == null || home.isBlank() ? Home.usual() : Path.of(home.strip());
        return Settings.read(environment, folder.resolve("lelantos.yaml"), Wiring.ROOMS, Wiring.DOOR);
    }

    private static Team prepare(Database database, Bootstrap bootstrap) {
        try {
            int count = Objects.requireNonNull(new Migrations(database).run().block(STEP_MAX));
            log.atInfo().addKeyValue("migrations", count).log("database ready");
            return Objects.requireNonNull(
                    bootstrap.seed(new AuthStore(database), Clock.systemUTC()).block(STEP_MAX));
        } catch (StartRefused refused) {
            throw refused;
        } catch (RuntimeException failure) {
            throw new StartRefused("The database does not answer (%s): start it, or correct LELANTOS_DATABASE_URL."
                    .formatted(deepest(failure)));
        }
    }

    private static ConfigurableApplicationContext context(Wiring.Given given) {
        SpringApplication application = new SpringApplication(Wiring.class);
        application.setWebApplicationType(WebApplicationType.REACTIVE);
        application.setBannerMode(Banner.Mode.OFF);
        application.setLogStartupInfo(false);
        application.setRegisterShutdownHook(false);
        application.setDefaultProperties(Map.of("logging.level.org.springframework.boot.SpringApplication", "off"));
        application.addInitializers(context -> context.getBeanFactory().registerSingleton("given", given));
        return application.run();
    }

    /// Found out before anything is started that would have to be stopped again.
    private static InetSocketAddress address(ServerSettings server) {
        try {
            InetSocketAddress wanted = new InetSocketAddress(InetAddress.getByName(server.host()), server.port());
            if (server.port() != 0) {
                try (ServerSocket probe = new ServerSocket()) {
                    probe.setReuseAddress(true);
                    probe.bind(wanted);
                }
            }
            return wanted;
        } catch (IOException e) {
            throw taken(server.host(), server.port(), e);
        }
    }

    private static InetSocketAddress listen(Front front, InetSocketAddress wanted) {
        try {
            return front.listen(wanted);
        } catch (IOException e) {
            throw taken(wanted.getHostString(), wanted.getPort(), e);
        }
    }

    private static void guests(Front front, RuntimeDriver driver) {
        InetSocketAddress inner = driver.hostService();
        try {
            InetSocketAddress bound = front.listenToGuests(inner);
            log.atInfo().addKeyValue("address", bound).log("sandboxes reach their host");
        } catch (IOException e) {
            throw taken(inner.getHostString(), inner.getPort(), e);
        }
    }

    /// The TLS listener. Your own certificate must work, or the start is refused; the local one comes when it is made.
    private static void secure(Front front, Settings settings, Home home, InetSocketAddress plain) {
        TlsSettings tls = settings.room(TlsSettings.class);
        if (tls.tlsPort() == 0 || plain.getPort() == 0) {
            return; // whoever takes any free port has nobody who would look for a fixed one beside it
        }
        InetSocketAddress wanted = new InetSocketAddress(plain.getAddress(), tls.tlsPort());
        Path certificate = tls.tlsCertificate();
        Path key = tls.tlsKey();
        if (certificate == null || key == null) {
            front.listenSoon(wanted, home.path().resolve("certificates"), Wiring.domain(settings));
            return;
        }
        try {
            log.atInfo()
                    .addKeyValue("address", front.listen(wanted, Tls.files(certificate, key)))
                    .log("TLS ready");
        } catch (IOException e) {
            throw new StartRefused("%s (%s): correct LELANTOS_TLS_CERTIFICATE, LELANTOS_TLS_KEY or LELANTOS_TLS_PORT."
                    .formatted(e.getMessage(), deepest(e)));
        }
    }

    private static StartRefused taken(String host, int port, IOException e) {
        return new StartRefused(
                "Cannot listen on %s:%d (%s): end what uses that port, or set LELANTOS_PORT or LELANTOS_HOST."
                        .formatted(host, port, deepest(e)));
    }

    private static void hello(Bootstrap bootstrap, InetSocketAddress bound) {
        String key = bootstrap.firstKey();
        if (key != null) {
            System.out.printf("""
                    API key: %s
                      E2B's SDKs and CLI take it as E2B_API_KEY; with the prefix lel_ instead of e2b_ it is the same key.
                      It is kept in keys/api-key in the home, readable by its owner only, and is not printed again.
                    """, key);
        }
        log.atInfo()
                .addKeyValue("host", bound.getHostString())
                .addKeyValue("port", bound.getPort())
                .log("ready");
    }

    private static void unlock(FileChannel lock) {
        try {
            lock.close();
        } catch (IOException e) {
            log.warn("the home stays locked until the process ends", e);
        }
    }

    private static void step(String name, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException failure) {
            log.atWarn().addKeyValue("step", name).setCause(failure).log("shutdown goes on without a step");
        }
    }

    private static String sentence(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof StartRefused || each instanceof RuntimeRefused) {
                return String.valueOf(each.getMessage());
            }
        }
        return "The gateway cannot start (%s): see the log for what came before.".formatted(deepest(failure));
    }

    private static String deepest(Throwable failure) {
        Throwable last = failure;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
    }
}
