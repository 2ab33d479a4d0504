/// What runs sandboxes: the driver seam and the machines behind it. Knows nothing of teams, rows or HTTP.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.runtime;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
