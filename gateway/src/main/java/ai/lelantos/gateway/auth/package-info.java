/// Who is asking: keys, tokens, teams, and what each may do.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.auth;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
