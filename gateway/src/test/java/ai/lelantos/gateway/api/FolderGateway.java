package ai.lelantos.gateway.api;

import ai.lelantos.gateway.Gateway;
import ai.lelantos.gateway.runtime.scripted.FolderDriver;

/// A gateway whose machines are files: everything above the driver is the product's own.
final class FolderGateway {

    private FolderGateway() {}

    public static void main(String[] args) {
        Gateway gateway = Gateway.start(
                System.getenv(),
                (settings, home) -> new FolderDriver(home.path().resolve("machines")));
        Runtime.getRuntime().addShutdownHook(new Thread(gateway::close));
    }
}
