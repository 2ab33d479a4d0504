package ai.lelantos.envd.files;

import ai.lelantos.envd.access.FileGate;
import ai.lelantos.envd.access.HomePath;
import ai.lelantos.envd.host.Globals;
import ai.lelantos.envd.http.Endpoint;
import ai.lelantos.envd.http.Endpoints;
import ai.lelantos.envd.http.Exchange;
import ai.lelantos.envd.http.Problem;
import ai.lelantos.envd.http.Query;
import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.linux.Users;
import ai.lelantos.protocol.FileSignature;
import ai.lelantos.protocol.FileSignature.Operation;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// Files by plain HTTP: who may, as whom, which file; and refusals to statuses.
public final class FilesRoutes {

    private static final int COMPOSE_BYTES_MAX = 1 << 20;

    private final FileGate gate;
    private final Users users;
    private final Globals globals;

    public FilesRoutes(FileGate gate, Users users, Globals globals) {
        this.gate = gate;
        this.users = users;
        this.globals = globals;
    }

    /// Adds these calls to the agent's table.
    public void mount(Endpoints endpoints) {
        var _ = endpoints
                .on("GET", "/files", refusing(this::download))
                .on("POST", "/files", refusing(this::upload))
                .on("POST", "/files/compose", refusing(this::compose));
    }

    private void download(Exchange exchange) throws IOException {
        Query query = exchange.query();
        requireAccess(exchange, query, Operation.READ);
        User user = find(userName(query.get("username")));
        new Download(exchange, resolve(query.get("path"), user)).run();
    }

    private void upload(Exchange exchange) throws IOException {
        Query query = exchange.query();
        requireAccess(exchange, query, Operation.WRITE);
        String name = userName(query.get("username"));
        Upload.requireKnownCoding(exchange);
        new Upload(exchange, find(name), globals.defaultWorkdir(), query.get("path")).run();
    }

    private void compose(Exchange exchange) throws IOException {
        JsonObject request = exchange.json(COMPOSE_BYTES_MAX);
        User user = find(userName(text(request, "username")));
        String destination = text(request, "destination");
        if (destination.isEmpty()) {
            throw new Problem(400, "destination is missing");
        }
        if (!(request.get("source_paths") instanceof com.google.gson.JsonArray given)) {
            throw new Problem(400, "source_paths is not a list");
        }
        List<String> sources = new ArrayList<>();
        for (JsonElement source : given) {
            if (!source.isJsonPrimitive() || !source.getAsJsonPrimitive().isString()) {
                throw new Problem(400, "source_paths has other than strings");
            }
            sources.add(resolve(source.getAsString(), user));
        }
        String target = resolve(destination, user);
        new Compose(sources, target, user).run();
        exchange.answer(
                200,
                Map.of("content-type", "application/json"),
                Upload.describe(target).toString());
    }

    private void requireAccess(Exchange exchange, Query query, Operation operation) throws Problem {
        OptionalLong expiration = OptionalLong.empty();
        if (query.has("signature_expiration")) {
            try {
                expiration = OptionalLong.of(Long.parseLong(query.get("signature_expiration")));
            } catch (NumberFormatException _) {
                throw new Problem(400, "signature_expiration is no whole number of seconds");
            }
        }
        var claim = new FileSignature(query.get("path"), operation, query.get("username"), expiration);
        var refusal = gate.refusal(exchange.header("x-access-token"), query.get("signature"), claim);
        if (refusal.isPresent()) {
            throw new Problem(401, refusal.get());
        }
    }

    private String userName(String asked) throws Problem {
        String name = asked.isEmpty() ? globals.defaultUser() : asked;
        if (name.isEmpty()) {
            throw new Problem(400, "no user specified, and the sandbox has no default user");
        }
        return name;
    }

    private User find(String name) throws Problem {
        return users.find(name)
                .orElseThrow(
                        () -> new Problem(401, "error looking up user '" + name + "': user: unknown user " + name));
    }

    private String resolve(String path, User user) throws Problem {
        try {
            return HomePath.resolve(path, user, globals.defaultWorkdir());
        } catch (IllegalArgumentException e) {
            throw new Problem(400, "error expanding and resolving path '" + path + "': " + e.getMessage());
        }
    }

    private static String text(JsonObject request, String name) throws Problem {
        JsonElement value = request.get(name);
        if (value == null || value.isJsonNull()) {
            return "";
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new Problem(400, name + " is not a string");
        }
        return value.getAsString();
    }

    private static Endpoint refusing(Endpoint endpoint) {
        return exchange -> {
            try {
                endpoint.handle(exchange);
            } catch (RefusedException e) {
                throw problem(e.refusal());
            }
        };
    }

    private static Problem problem(Refusal refusal) {
        int status = switch (refusal) {
            case Refusal.Invalid _, Refusal.Cyclic _ -> 400;
            case Refusal.Missing _ -> 404;
            case Refusal.Exists _ -> 409;
            case Refusal.TooMuch _ -> 413;
            case Refusal.Full _ -> 507;
            case Refusal.Failed _ -> 500;
        };
        return new Problem(status, refusal.message());
    }
}
