/// A driver without machines, for tests of everything above the driver seam; never chosen by the product.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.runtime.scripted;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
