package ai.lelantos.envd;

/// The agent's main.
public final class Envd {

    private Envd() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
