@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.runtime.container;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
