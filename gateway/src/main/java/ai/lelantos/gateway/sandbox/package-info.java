/// The sandbox lifecycle: routes, rules, state, SQL, and the read model that the proxy asks.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.sandbox;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
