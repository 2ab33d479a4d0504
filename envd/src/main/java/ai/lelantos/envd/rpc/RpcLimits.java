package ai.lelantos.envd.rpc;

/// The limits of the RPC layer.
///
/// @param messageBytesMax what one message may be, decompressed
/// @param callsMax calls served at the same time, one virtual thread each; one more is `resource_exhausted`
public record RpcLimits(int messageBytesMax, int callsMax) {

    /// The contract knows no message limit; this one only keeps a length within an array.
    public static final RpcLimits DEFAULT = new RpcLimits(1 << 30, 10_000);
}
