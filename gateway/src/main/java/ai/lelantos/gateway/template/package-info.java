/// What sandboxes start from: references, templates, builds, tags.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.template;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
