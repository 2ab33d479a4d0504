package ai.lelantos.gateway.api;

import ai.lelantos.gateway.Gateway;
import ai.lelantos.gateway.runtime.scripted.ScriptedDriver;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// A gateway for `./lelantos bench store`: machines and agent cost nothing, the database is real and full, so that what
/// is measured is the database and what stands before it.
final class StoreGateway {

    private static final String TEAM = "44444444-2222-4333-8444-555555555555";

    private StoreGateway() {}

    /// Fills the table, then prints where it answers.
    ///
    /// @param args the home, the API key, and how many rows there shall be
    public static void main(String[] args) {
        Path home = Path.of(args[0]);
        Map<String, String> environment = new HashMap<>();
        environment.put("LELANTOS_HOME", home.toString());
        environment.put("LELANTOS_PORT", "0");
        environment.put("LELANTOS_TLS_PORT", "0");
        environment.put("LELANTOS_API_KEY", args[1]);
        environment.put("LELANTOS_TEAM_ID", TEAM);
        environment.put("LELANTOS_TEAM_CONCURRENCY_MAX", "1000000");
        Gateway gateway = Gateway.start(environment, (settings, homeOfIt) -> new ScriptedDriver());
        Runtime.getRuntime().addShutdownHook(new Thread(gateway::close));
        try (Beside database = Beside.of(home)) {
            fill(database, Integer.parseInt(args[2]));
        }
        System.out.println("filled http://127.0.0.1:" + gateway.address().getPort());
    }

    /// Half of them gone, the others paused but for a thousand; one team's, which is the worst case of a list.
    private static void fill(Beside database, int rows) {
        database.sql(
                "insert into sandboxes (id, team_id, template_id, template_alias, build_id, image, node_id, machine_id, "
                        + "state, created_at, started_at, end_at, ended_at, cpu_count, memory_mb, disk_mb, envd_version, secure, "
                        + "metadata, env_vars, auto_pause, auto_pause_memory, auto_resume, auto_resume_seconds) "
                        + "select 'i' || lpad(n::text, 20, '0'), '" + TEAM
                        + "', 'base', 'base', gen_random_uuid(), 'b1', "
                        + "'elsewhere', 'm' || n, case when n % 2 = 1 then 'gone' when n % 100 = 0 then 'running' else 'paused' end, "
                        + "t, t, t + interval '1 day', case when n % 2 = 1 then t end, 2, 512, 1024, '0.6.4', true, "
                        + "jsonb_build_object('user', 'u' || n), '{}', true, true, false, 300 "
                        + "from generate_series(1, " + rows
                        + ") n, lateral (select now() - n * interval '1 second' as t) _");
        database.sql("analyze sandboxes");
    }
}
