package ai.lelantos.gateway.proxy;

import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Looks at connections once in a while, each on its own event loop. So none needs a timer: one that is set and
/// cancelled with every request has the kernel's timer moved each time.
final class Rounds {

    /// A connection that may have to be ended.
    interface Watched {

        void look();
    }

    private final int seconds;
    private final Map<EventLoop, Round> byLoop = new ConcurrentHashMap<>();

    /// @param seconds between two looks at the same connection
    Rounds(int seconds) {
        this.seconds = seconds;
    }

    /// From now on `each` is looked at. Called on its loop, as is the next.
    void add(EventLoop loop, Watched each) {
        byLoop.computeIfAbsent(loop, Round::new).add(each);
    }

    void remove(EventLoop loop, Watched each) {
        Round round = byLoop.get(loop);
        if (round != null) {
            round.watched.remove(each);
        }
    }

    /// The connections of one event loop, the one that came first first.
    private final class Round {

        private final EventLoop loop;
        private final Set<Watched> watched = new LinkedHashSet<>();
        private boolean walking;

        private Round(EventLoop loop) {
            this.loop = loop;
        }

        private void add(Watched each) {
            watched.add(each);
            if (!walking) {
                walking = true;
                walkSoon();
            }
        }

        private void walkSoon() {
            var _ = loop.schedule(this::walk, seconds, TimeUnit.SECONDS);
        }

        private void walk() {
            for (Watched each : watched.toArray(new Watched[0])) {
                try {
                    each.look();
                } catch (RuntimeException unforeseen) {
                    Unforeseen.log(unforeseen);
                }
            }
            walking = !watched.isEmpty();
            if (walking) {
                walkSoon();
            }
        }
    }
}
