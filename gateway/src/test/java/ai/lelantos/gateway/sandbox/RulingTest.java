package ai.lelantos.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The whole table, every state with every verb, as the contract's sections 6.7 to 6.15 say it.
class RulingTest {

    private static final String TABLE = """
            verb        | STARTING | RUNNING   | PAUSING   | PAUSED      | RESUMING | KILLING             | GONE
            SHOW        | no       | done      | done      | done        | done     | no                  | no
            CONNECT     | await    | done      | await     | ->RESUMING  | join     | BEING_KILLED        | no
            RESUME      | await    | ALREADY_RUNNING | await | ->RESUMING | join    | no                  | no
            PAUSE       | await    | ->PAUSING | join      | ALREADY_PAUSED | await | PAUSE_WHILE_KILLING | no
            KILL        | await    | ->KILLING | await     | ->KILLING   | await    | no                  | no
            SET_END     | await    | done      | BEING_PAUSED | no       | await    | BEING_KILLED        | no
            SET_NETWORK | await    | done      | BEING_PAUSED | NOT_RUNNING | await | BEING_KILLED        | no
            USE         | await    | done      | BEING_PAUSED | NOT_RUNNING | await | BEING_KILLED        | no
            EXPIRE      | done     | ->KILLING | done      | done        | done     | done                | done
            WAKE        | await    | done      | await     | ->RESUMING  | join     | no                  | no
            VANISH      | await    | ->KILLING | await     | ->KILLING   | await    | done                | done
            """;

    @Test
    void everyPairIsRuledAsWritten() {
        List<String> written = TABLE.lines().skip(1).map(line -> squeeze(line)).toList();
        List<String> ruled = Arrays.stream(Verb.values())
                .map(verb -> verb + "|"
                        + Arrays.stream(SandboxState.values())
                                .map(state -> name(Ruling.of(state, verb)))
                                .collect(Collectors.joining("|")))
                .toList();
        assertThat(ruled).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void everyTransitionPassesThroughAStateInBetween() {
        List<SandboxState> between = new ArrayList<>();
        for (SandboxState state : SandboxState.values()) {
            for (Verb verb : Verb.values()) {
                if (Ruling.of(state, verb) instanceof Ruling.Go go) {
                    between.add(go.next());
                }
            }
        }
        assertThat(between).isSubsetOf(SandboxState.PAUSING, SandboxState.RESUMING, SandboxState.KILLING);
    }

    @Test
    void everyRefusalHasAClientErrorOrAReasonOfTheServer() {
        for (Refusal.Kind kind : Refusal.Kind.values()) {
            assertThat(new Refusal(kind, "i1", "why").problem().status())
                    .as(kind.name())
                    .isBetween(400, 504);
        }
    }

    private static String squeeze(String line) {
        return Arrays.stream(line.split("\\|", -1)).map(String::strip).collect(Collectors.joining("|"));
    }

    private static String name(Ruling ruling) {
        return switch (ruling) {
            case Ruling.Go go -> "->" + go.next();
            case Ruling.Join _ -> "join";
            case Ruling.Await _ -> "await";
            case Ruling.Done _ -> "done";
            case Ruling.Refuse refuse ->
                refuse.why() == Refusal.Kind.NO_SUCH_SANDBOX
                        ? "no"
                        : refuse.why().name();
        };
    }
}
