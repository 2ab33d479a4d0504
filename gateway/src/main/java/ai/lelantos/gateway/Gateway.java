package ai.lelantos.gateway;

/// The gateway's main.
public final class Gateway {

    private Gateway() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
