package ai.lelantos.gateway.sandbox;

import static org.springframework.web.reactive.function.server.RouterFunctions.route;

import ai.lelantos.gateway.agent.Agent;
import ai.lelantos.gateway.agent.Commands;
import ai.lelantos.gateway.auth.Access;
import ai.lelantos.gateway.auth.Caller;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.http.Body;
import ai.lelantos.gateway.http.Guarded;
import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/// A command and its output in one call.
final class ExecRoutes {

    private static final double TIMEOUT_SECONDS_USUAL = 60;
    private static final double TIMEOUT_SECONDS_MAX = 3_600;

    private final SandboxLifecycle lifecycle;
    private final Commands commands;
    private final Doorkeeper door;

    ExecRoutes(SandboxLifecycle lifecycle, Agent agent, Doorkeeper door) {
        this.lifecycle = lifecycle;
        this.commands = new Commands(agent);
        this.door = door;
    }

    RouterFunction<ServerResponse> routes() {
        return route().POST("/sandboxes/{id}/exec", Guarded.by(headers -> door.team(headers, Access.WRITE), this::exec))
                .build();
    }

    private Mono<ServerResponse> exec(ServerRequest request, Caller caller) {
        String id = SandboxRoutes.id(request);
        return Body.required(request).flatMap(body -> {
            Commands.Command command = command(body);
            return lifecycle.use(id, caller.team().id()).flatMap(entry -> {
                long begun = System.nanoTime();
                return commands.run(entry.route().address(), entry.route().accessToken(), command)
                        .onErrorMap(failure -> unreachable(id, failure))
                        .flatMap(result ->
                                Json.answer(HttpStatus.OK, wire(result, (System.nanoTime() - begun) / 1_000_000)));
            });
        });
    }

    private static Commands.Command command(Body body) {
        String name = body.has("command") ? "command" : body.has("cmd") ? "cmd" : body.has("code") ? "code" : "command";
        boolean array = body.raw(name).map(each -> each.isArray()).orElse(false);
        List<String> arguments =
                array ? body.strings(name).orElse(List.of()) : List.of("/bin/bash", "-l", "-c", body.string(name));
        if (arguments.isEmpty() || arguments.getFirst().isEmpty()) {
            throw Problem.validation("property \"" + name + "\" is empty").toException();
        }
        if (body.bool("stream").orElse(false)) {
            throw new Problem(
                            400,
                            "stream is not available on this endpoint: use process.Process/Start on the sandbox's port 49983")
                    .toException();
        }
        Map<String, String> envs = body.map("envs")
                .or(() -> body.map("env"))
                .or(() -> body.map("envVars"))
                .orElse(Map.of());
        double seconds = body.number("timeout", 0, TIMEOUT_SECONDS_MAX)
                .filter(each -> each > 0)
                .orElse(TIMEOUT_SECONDS_USUAL);
        return new Commands.Command(
                arguments,
                envs,
                orNull(body.optionalString("cwd").or(() -> body.optionalString("workdir"))),
                orNull(body.optionalString("user").or(() -> body.optionalString("username"))),
                orNull(body.optionalString("stdin")),
                Duration.ofMillis(Math.max(1, Math.round(seconds * 1000))));
    }

    private static Json.Obj wire(Commands.Result result, long millis) {
        return Json.object()
                .put("stdout", result.stdout().toStringUtf8())
                .put("stderr", result.stderr().toStringUtf8())
                .put("exitCode", result.exitCode())
                .put("exit_code", result.exitCode())
                .put("error", result.error())
                .put("timedOut", result.timedOut())
                .putIfPresent("truncated", result.truncated() ? true : null)
                .put("durationMs", millis);
    }

    /// What a failed call to an agent is called here.
    static Throwable unreachable(String id, Throwable failure) {
        return switch (failure) {
            case Commands.NotStarted refused -> new Problem(400, String.valueOf(refused.getMessage())).toException();
            case Agent.AgentFailure broken -> new Refusal(Refusal.Kind.AGENT_UNREACHABLE, id, broken.getMessage());
            case IOException broken -> new Refusal(Refusal.Kind.AGENT_UNREACHABLE, id, broken.getMessage());
            default -> failure;
        };
    }

    private static @Nullable String orNull(Optional<String> value) {
        return value.isPresent() ? value.get() : null;
    }
}
