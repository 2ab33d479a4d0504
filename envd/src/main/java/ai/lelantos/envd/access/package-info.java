/// Who may call, who a call acts as, and what its paths mean.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.access;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
