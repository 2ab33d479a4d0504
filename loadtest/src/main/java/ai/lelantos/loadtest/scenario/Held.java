package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Peer;
import ai.lelantos.loadtest.measure.Row;
import java.util.ArrayList;
import java.util.List;

/// Streams of events that are open through the gateway and say nothing: what each costs the gateway in memory.
final class Held implements Scenario {

    private static final int STREAMS = 2_000;
    private static final int SANDBOXES = 4;
    private static final int PORT = 8900;

    @Override
    public String name() {
        return "held";
    }

    @Override
    public String about() {
        return "2,000 silent streams through the gateway to servers in 4 sandboxes, and the memory of each";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(SANDBOXES, made -> {
            var servers = new ArrayList<AnswerServer>();
            try {
                var routes = new ArrayList<List<String>>();
                for (Sandbox sandbox : made) {
                    servers.add(AnswerServer.in(sandbox, PORT));
                    routes.add(sandbox.routing(PORT));
                }
                Peer gateway = Peer.listening(bench.platform().target().url());
                bench.row(Row.amount(
                        name(), "gateway memory each, KB", STREAMS, gateway.memoryPerStream(STREAMS, routes) / 1e3));
            } finally {
                for (AnswerServer server : servers) {
                    server.end();
                }
            }
        });
    }
}
