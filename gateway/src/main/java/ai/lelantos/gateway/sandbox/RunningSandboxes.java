package ai.lelantos.gateway.sandbox;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// [Running] over what lives on this node.
final class RunningSandboxes implements Running {

    private static final int AGENT_PORT = 49_983;
    private static final int INFO = 1;

    private final LiveSandboxes live;
    private final SandboxLifecycle lifecycle;
    private final Tokens tokens;
    private final OutputLog output;

    RunningSandboxes(LiveSandboxes live, SandboxLifecycle lifecycle, Tokens tokens, OutputLog output) {
        this.live = live;
        this.lifecycle = lifecycle;
        this.tokens = tokens;
        this.output = output;
    }

    @Override
    public @Nullable Route find(String sandboxId) {
        LiveSandboxes.Entry entry = live.find(sandboxId);
        return entry == null ? null : entry.route();
    }

    @Override
    public Collection<Route> all() {
        return live.all().stream().map(LiveSandboxes.Entry::route).toList();
    }

    @Override
    public Mono<Route> wake(String sandboxId, Credentials credentials) {
        return lifecycle
                .wake(sandboxId, row -> allowed(row, credentials))
                .flatMap(row -> Mono.justOrEmpty(find(sandboxId)))
                .switchIfEmpty(Mono.error(() -> refused(Reason.NOT_FOUND, sandboxId)))
                .onErrorMap(failure -> failure instanceof Refusal refusal
                        ? refused(reason(refusal), refusal.problem().message())
                        : failure);
    }

    @Override
    public Flux<Route> ended() {
        return live.ended();
    }

    @Override
    public Mono<Void> log(String sandboxId, List<Said> lines) {
        return output.keep(
                sandboxId,
                lines.stream()
                        .map(line -> new OutputLog.Part(level(line.level()), line.text(), line.fields()))
                        .toList());
    }

    private static int level(String name) {
        int known = LogStore.LEVELS.indexOf(name.toLowerCase(Locale.ROOT));
        return known < 0 ? INFO : known;
    }

    /// Only what asked to be woken, only with its memory, only for who may come in.
    private Mono<Void> allowed(Sandbox row, Credentials credentials) {
        if (!row.policy().autoResume() || !row.memoryKept()) {
            return Mono.error(new Refusal(Refusal.Kind.NO_SUCH_SANDBOX, row.id()));
        }
        boolean agent = credentials.port() == AGENT_PORT;
        boolean open = agent
                ? !row.secure() || Tokens.same(tokens.access(row.id()), credentials.accessToken())
                : NetworkSettings.stored(row.network(), true).publicTraffic()
                        || Tokens.same(tokens.traffic(row.id()), credentials.trafficToken());
        return open
                ? Mono.empty()
                : Mono.error(
                        refused(
                                Reason.CREDENTIALS,
                                "This sandbox can't be resumed with the credentials provided. Check your access token and try again."));
    }

    private static Reason reason(Refusal refusal) {
        return switch (refusal.kind()) {
            case NO_SUCH_SANDBOX, BOOT_FAILED, NO_IMAGE, OTHER_NODE, NOT_RUNNING, AGENT_UNREACHABLE -> Reason.NOT_FOUND;
            case OVER_LIMIT -> Reason.TEAM_LIMIT;
            case ALREADY_RUNNING,
                    ALREADY_PAUSED,
                    BEING_PAUSED,
                    BEING_KILLED,
                    PAUSE_WHILE_KILLING,
                    STILL_MOVING,
                    NO_CAPACITY,
                    BOOT_TIMEOUT,
                    PAUSE_FAILED,
                    BUSY -> Reason.TRANSITIONING;
        };
    }

    private static WakeRefused refused(Reason reason, String message) {
        return new WakeRefused(reason, message);
    }
}
