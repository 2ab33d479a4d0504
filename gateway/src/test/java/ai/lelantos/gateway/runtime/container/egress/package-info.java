@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.runtime.container.egress;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
