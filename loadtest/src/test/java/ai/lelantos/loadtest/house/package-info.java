/// The rules of the house that no compiler holds: read from the tree, so that they cannot rot.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.house;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
