package ai.lelantos.gateway.runtime.container;

/// A numbered place for one machine in the house: its user ids, its link and its addresses all follow from the number.
///
/// @param number from 1
/// @param internet whether its address is one of those the router lets out
record Place(Instance instance, Subnet subnet, int number, boolean internet) {

    /// What the name of every machine's link in the router begins with; its number follows.
    static final String LINK = "s";

    String link() {
        return LINK + number;
    }

    String address() {
        return subnet.machine(number, internet);
    }

    String mac() {
        return String.format("02:fe:00:00:%02x:%02x", number >> 8, number & 255);
    }

    long userIds() {
        return instance.userIds(number);
    }
}
