package ai.lelantos.protocol;

/// The version of the agent that every face of the product reports; clients gate features on it.
public final class AgentVersion {

    /// Plain MAJOR.MINOR.PATCH, no lower than the newest gate that a published client knows.
    public static final String CURRENT = "0.6.13";

    private AgentVersion() {}
}
