/// The RPC room alone, measured against Armeria's own gRPC service. It stands here and not in `loadtest`, because
/// both servers are classes of this module's class path, and `loadtest` knows the product only from outside; the
/// bench's door starts it as `./lelantos bench rpc`.
@NullMarked
package ai.lelantos.envd.bench;

import org.jspecify.annotations.NullMarked;
