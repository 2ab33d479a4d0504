/// What a user may set, one record per room, read from the environment and `lelantos.yaml`; and how a start is refused.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.settings;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
