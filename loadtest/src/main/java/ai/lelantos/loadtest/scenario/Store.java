package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Platform;
import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Row;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToLongFunction;
import tools.jackson.databind.JsonNode;

/// Lists, lookups and creates as the database bears them: for a server whose machines cost nothing, which
/// `./lelantos bench store` starts with a full table.
final class Store implements Scenario {

    private static final int WORKERS = 8;

    @Override
    public String name() {
        return "store";
    }

    @Override
    public String about() {
        return "list and get with a full table, creates with the database as the only work; by `bench store`";
    }

    @Override
    public void run(Bench bench) {
        Platform platform = bench.platform();
        int reads = bench.either(1_000, 5_000);
        JsonNode page = platform.call("GET", "/v2/sandboxes?limit=100", null, 200);
        if (page.isEmpty()) {
            throw new IllegalStateException("the server lists no sandbox");
        }
        // What is compiled while it is first used is not the database's.
        var _ = Pace.count(WORKERS, reads / 2, platform::list);
        bench.attempt(name(), "floors", () -> floors(bench, reads));
        list(bench, "list, first page of 100", reads, "limit=100");
        list(bench, "list, running only", reads, "limit=100&state=running");
        list(bench, "list, by metadata", reads, "metadata=user%3Du200");
        bench.row(Pace.count(WORKERS, reads, () -> platform.call("GET", "/sandboxes/" + any(page), null, 200))
                .row(name(), "get", WORKERS));
        BlockingQueue<Sandbox> made = new LinkedBlockingQueue<>();
        var _ = Pace.count(WORKERS, reads / 4, () -> made.add(platform.create()));
        bench.row(Pace.count(WORKERS, reads, () -> made.add(platform.create())).row(name(), "create", WORKERS));
        bench.row(Pace.count(WORKERS, made.size(), () -> {
                    platform.kill(made.take());
                    return made;
                })
                .row(name(), "kill", WORKERS));
    }

    /// What the database does with nobody before it: answers, and brings small writes to the disk. Creates and kills
    /// end with such a write, so they cannot be faster.
    private Bench floors(Bench bench, int count) {
        BlockingQueue<Question> connections = new LinkedBlockingQueue<>();
        try {
            for (int i = 0; i < WORKERS; i++) {
                connections.add(Question.toDatabase(bench.home()));
            }
            Question first = connections.element();
            first.prepare();
            for (int i = 0; i < 2; i++) {
                Row asked = floor(connections, count, Question::ask, "floor: select 1");
                Row written = floor(connections, count, Question::write, "floor: one small write");
                if (i == 1) {
                    bench.row(asked);
                    bench.row(written);
                }
            }
            first.forget();
        } finally {
            connections.forEach(Question::close);
        }
        return bench;
    }

    private Row floor(BlockingQueue<Question> connections, int count, ToLongFunction<Question> ask, String name) {
        return Pace.count(WORKERS, count, () -> {
                    Question mine = connections.take();
                    try {
                        return ask.applyAsLong(mine);
                    } finally {
                        connections.add(mine);
                    }
                })
                .row(name(), name, WORKERS);
    }

    private void list(Bench bench, String name, int count, String query) {
        bench.row(Pace.count(WORKERS, count, () -> bench.platform().call("GET", "/v2/sandboxes?" + query, null, 200))
                .row(name(), name, WORKERS));
    }

    private static String any(JsonNode page) {
        return page.get(ThreadLocalRandom.current().nextInt(page.size()))
                .get("sandboxID")
                .asString();
    }

    @Override
    public boolean apart() {
        return true;
    }
}
