"""Every public method of an installed Python package, found by looking at it: `python list.py e2b|e2b_code_interpreter sync|async`
prints one row name per line. A method that appears in a new version appears here."""

import importlib
import inspect
import sys

# How instances are called in row names, and where the class is found; what a version lacks is passed over.
SYNC = {
    "sandbox": ("e2b", "Sandbox"),
    "commands": ("e2b.sandbox_sync.commands.command", "Commands"),
    "handle": ("e2b", "CommandHandle"),
    "pty": ("e2b.sandbox_sync.commands.pty", "Pty"),
    "files": ("e2b.sandbox_sync.filesystem.filesystem", "Filesystem"),
    "watch": ("e2b.sandbox_sync.filesystem.watch_handle", "WatchHandle"),
    "git": ("e2b.sandbox_sync.git", "Git"),
    "pages": ("e2b", "SandboxPaginator"),
    "snapshot_pages": ("e2b", "SnapshotPaginator"),
    "secret_pages": ("e2b", "SecretPaginator"),
    "template": ("e2b", "Template"),
    "builder": ("e2b.template.main", "TemplateBuilder"),
    "volume": ("e2b", "Volume"),
    "secret": ("e2b", "Secret"),
}
ASYNC = {
    "sandbox": ("e2b", "AsyncSandbox"),
    "commands": ("e2b.sandbox_async.commands.command", "Commands"),
    "handle": ("e2b", "AsyncCommandHandle"),
    "input": ("e2b", "AsyncCommandInputHandle"),
    "pty": ("e2b.sandbox_async.commands.pty", "Pty"),
    "files": ("e2b.sandbox_async.filesystem.filesystem", "Filesystem"),
    "watch": ("e2b", "AsyncWatchHandle"),
    "git": ("e2b.sandbox_async.git", "Git"),
    "pages": ("e2b", "AsyncSandboxPaginator"),
    "snapshot_pages": ("e2b", "AsyncSnapshotPaginator"),
    "secret_pages": ("e2b", "AsyncSecretPaginator"),
    "template": ("e2b", "AsyncTemplate"),
    "builder": ("e2b.template.main", "TemplateBuilder"),
    "volume": ("e2b", "AsyncVolume"),
    "secret": ("e2b", "AsyncSecret"),
}
INTERPRETER = {
    "sync": {"sandbox": ("e2b_code_interpreter", "Sandbox")},
    "async": {"sandbox": ("e2b_code_interpreter", "AsyncSandbox")},
}


def rows(package, flavour):
    found = set()
    classes = INTERPRETER[flavour] if package == "e2b_code_interpreter" else SYNC if flavour == "sync" else ASYNC
    for spoken, (module, name) in classes.items():
        try:
            owner = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            continue
        for method in dir(owner):
            static = inspect.getattr_static(owner, method)
            if method.startswith("_") or not callable(getattr(owner, method)) or inspect.isclass(static):
                continue
            if package == "e2b_code_interpreter" and not owned(owner, method, package):
                continue
            if isinstance(static, (classmethod, staticmethod)):
                found.add(f"{spoken.capitalize()}.{method}")
            else:
                found.add(f"{spoken}.{method}")
                # The SDK's own descriptor for methods that a class and its instances both have.
                if type(static).__name__ == "class_method_variant":
                    found.add(f"{spoken.capitalize()}.{method}")
    return sorted(found)


def owned(owner, method, package):
    """Is this the package's own, and not inherited from the SDK below it?"""
    return any(method in vars(base) and base.__module__.startswith(package) for base in owner.__mro__)


if __name__ == "__main__":
    print("\n".join(rows(*sys.argv[1:])))
