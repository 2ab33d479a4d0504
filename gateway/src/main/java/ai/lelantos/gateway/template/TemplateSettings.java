package ai.lelantos.gateway.template;

import ai.lelantos.gateway.settings.Setting;

/// The template that is there from the start.
@Setting.Prefix("base")
public record TemplateSettings(
        @Setting(value = "2", is = "virtual CPUs of a sandbox from the base template")
        int cpuCount,

        @Setting(value = "1024", is = "memory of a sandbox from the base template, MiB")
        int memoryMb,

        @Setting(value = "20480", is = "disk of a sandbox from the base template, MiB")
        int diskMb) {

    public TemplateSettings {
        if (cpuCount < 1 || memoryMb < 128 || diskMb < 128) {
            throw new IllegalArgumentException(
                    "LELANTOS_BASE_CPU_COUNT, LELANTOS_BASE_MEMORY_MB and LELANTOS_BASE_DISK_MB are too "
                            + "small (expected: at least 1, 128 and 128)");
        }
    }
}
