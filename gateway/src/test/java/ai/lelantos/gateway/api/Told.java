package ai.lelantos.gateway.api;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One client's life with one sandbox: what it asked, and what it may believe from the answers. An answer that never
/// came leaves more than one belief; the next answer settles it.
final class Told {

    /// What a sandbox can be to a client.
    enum Belief {
        RUNNING,
        PAUSED,
        GONE
    }

    /// Sends, and waits out a gateway that is away.
    @FunctionalInterface
    interface Caller {
        Answer call(String method, String path, @Nullable String body) throws IOException;
    }

    private final String name;
    private final Caller caller;
    private final Random random;
    private final StringBuilder story = new StringBuilder();
    private EnumSet<Belief> beliefs = EnumSet.noneOf(Belief.class);
    private @Nullable String id;

    /// @param name is written into the sandbox's metadata, to know it again when its create was never answered
    Told(String name, Random random, Caller caller) {
        this.name = name;
        this.random = random;
        this.caller = caller;
    }

    /// Null when its create was never answered.
    @Nullable
    String id() {
        return id;
    }

    String name() {
        return name;
    }

    Set<Belief> beliefs() {
        return beliefs;
    }

    /// Creates, then does so many things.
    void live(int calls) {
        String create = "{\"templateID\":\"base\",\"timeout\":3600,\"autoPause\":" + random.nextBoolean()
                + ",\"metadata\":{\"chaos\":\"" + name + "\"}}";
        Answer made = ask("POST", "/v2/sandboxes", create);
        if (made == null) {
            return;
        }
        expect(made.status() == 201, made);
        id = made.json().get("sandboxID").asString();
        beliefs = EnumSet.of(Belief.RUNNING);
        for (int i = 0; i < calls && !beliefs.equals(EnumSet.of(Belief.GONE)); i++) {
            step();
        }
    }

    private void step() {
        String path = "/sandboxes/" + id;
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> {
                String body = random.nextInt(5) == 0 ? "{\"memory\":false}" : "{}";
                settle(ask("POST", path + "/pause", body), Belief.PAUSED, 204, 409, Set.of(Belief.PAUSED));
            }
            case 3, 4 ->
                settle(
                        ask("POST", path + "/connect", "{\"timeout\":3600}"),
                        Belief.RUNNING,
                        201,
                        200,
                        Set.of(Belief.RUNNING));
            case 5 ->
                settle(
                        ask("POST", path + "/resume", "{\"timeout\":3600}"),
                        Belief.RUNNING,
                        201,
                        409,
                        Set.of(Belief.RUNNING));
            case 6 -> settle(ask("DELETE", path, null), Belief.GONE, 204, 404, Set.of(Belief.GONE));
            case 7 -> timeout(path);
            default -> look();
        }
    }

    /// @param done the status that means "it is now so"; a pause or a kill may also join another's
    /// @param already the status that means "it was so before", possible only for those beliefs
    private void settle(@Nullable Answer answer, Belief aim, int done, int already, Set<Belief> before) {
        if (answer == null) {
            if (!beliefs.equals(EnumSet.of(Belief.GONE))) {
                beliefs.add(aim);
            }
        } else if (answer.status() == done) {
            expect(!beliefs.equals(EnumSet.of(Belief.GONE)), answer);
            beliefs = EnumSet.of(aim);
        } else if (answer.status() == already) {
            expect(beliefs.stream().anyMatch(before::contains), answer);
            beliefs = EnumSet.copyOf(before);
        } else {
            expect(answer.status() == 404 && beliefs.contains(Belief.GONE), answer);
            beliefs = EnumSet.of(Belief.GONE);
        }
    }

    private void timeout(String path) {
        Answer answer = ask("POST", path + "/timeout", "{\"timeout\":1800}");
        if (answer != null && answer.status() == 204) {
            expect(beliefs.contains(Belief.RUNNING), answer);
            beliefs = EnumSet.of(Belief.RUNNING);
        } else if (answer != null) {
            expect(answer.status() == 404 && !beliefs.equals(EnumSet.of(Belief.RUNNING)), answer);
            beliefs.remove(Belief.RUNNING);
        }
    }

    /// What the sandbox is now, held against what may be believed.
    void look() {
        Answer shown = ask("GET", "/sandboxes/" + id, null);
        if (shown == null) {
            return;
        }
        Belief now = shown.status() == 404
                ? Belief.GONE
                : Belief.valueOf(shown.json().get("state").asString().toUpperCase(java.util.Locale.ROOT));
        expect(beliefs.contains(now), shown);
        beliefs = EnumSet.of(now);
    }

    /// Null when the gateway went away before it answered.
    private @Nullable Answer ask(String method, String path, @Nullable String body) {
        try {
            Answer answer = caller.call(method, path, body);
            story.append("\n  ")
                    .append(method)
                    .append(' ')
                    .append(path)
                    .append(" -> ")
                    .append(answer.status());
            return answer;
        } catch (IOException e) {
            story.append("\n  ")
                    .append(method)
                    .append(' ')
                    .append(path)
                    .append(" -> no answer: ")
                    .append(e.getMessage());
            return null;
        }
    }

    private void expect(boolean held, Answer answer) {
        if (!held) {
            throw new AssertionError("sequence " + name + ": believed " + beliefs + ", was told " + answer.status()
                    + " " + answer.text() + story);
        }
    }

    @Override
    public String toString() {
        return "sequence " + name + " " + id + " " + beliefs + story;
    }
}
