package ai.lelantos.envd.rpc;

/// Nobody waits for the answer any more: the client left, or its deadline passed. A handler just lets it fly.
public final class ClientGone extends RuntimeException {

    private static final long serialVersionUID = 1;

    ClientGone(String why) {
        super(why, null, false, false);
    }
}
