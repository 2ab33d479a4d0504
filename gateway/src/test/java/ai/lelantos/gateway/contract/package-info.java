/// The written contract (`openapi.yml`), read by tests so that no answer can drift from it.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.contract;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
