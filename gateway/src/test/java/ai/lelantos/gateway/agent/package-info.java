/// The control plane over HTTP: the real gateway on a real PostgreSQL, with a scripted driver and a scripted agent.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.agent;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
