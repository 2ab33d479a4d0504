/// The gateway's own calls to an agent.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.agent;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
