/// Connect, gRPC and gRPC-Web on Armeria over grpc-java service definitions: the only room that knows how a call is
/// carried.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.rpc;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
