/// Fixtures of the agent's tests: the real agent in namespaces of its own, and a client for it.
@NullMarked
package ai.lelantos.envd.testing;

import org.jspecify.annotations.NullMarked;
