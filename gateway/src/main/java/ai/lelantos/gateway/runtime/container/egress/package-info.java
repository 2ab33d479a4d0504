/// The only way out of the machines' network: a relay that the router hands every outward connection to. It listens
/// in the router's namespace and dials from the host's, so the host forwards nothing and keeps its firewall as it is.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.runtime.container.egress;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
