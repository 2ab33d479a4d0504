package ai.lelantos.loadtest.drive;

import java.net.URI;

/// Where the product listens and the key it knows us by.
public record Target(URI url, String apiKey) {

    public URI at(String rawPath) {
        return URI.create(url.getScheme() + "://" + url.getRawAuthority() + rawPath);
    }
}
