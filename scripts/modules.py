# SPDX-License-Identifier: BSD-2-Clause
"""
Linux modules as modprobe finds them: lib/modules/RELEASE/ with modules.dep, which depmod would
write, from what each module's section .modinfo says of itself.
"""
import os
import re
import stat

# Of "softdep=pre: crypto-crc32c", where a module wants something that is looked for by an alias.
SOFT = re.compile(r"pre: ([\w-]+)")


def info(data):
    """{key: [values]} of a module's .modinfo: NUL-terminated key=value strings."""
    found = {}
    for match in re.finditer(rb"(?<=\0)(depends|softdep|alias|vermagic|name)=([^\0]*)", data):
        found.setdefault(match.group(1).decode(), []).append(match.group(2).decode())
    return found


def _key(name):
    return name.replace("-", "_")


def needs(infos):
    """{module: [those that it needs, itself not, the deepest last]}"""
    names = {_key(name): name for name in infos}
    for name, said in infos.items():
        for alias in said.get("alias", []):
            names.setdefault(_key(alias), name)

    def direct(name):
        said = infos[name]
        wanted = [w for text in said.get("depends", []) for w in text.split(",") if w]
        wanted += [w for text in said.get("softdep", []) for w in SOFT.findall(text)]
        return [names[_key(w)] for w in wanted if _key(w) in names]

    def closure(name, above):
        out = []
        for other in direct(name):
            if other not in above:
                out = [m for m in out if m != other] + [other]
                deeper = closure(other, above | {other})
                out = [m for m in out if m not in deeper] + deeper
        return out

    return {name: closure(name, {name}) for name in infos}


def members(directory):
    """{name: (mode, data)} of the modules NAME.ko below directory, and their modules.dep."""
    files = {}
    for file in sorted(os.listdir(directory)):
        if file.endswith(".ko"):
            with open(os.path.join(directory, file), "rb") as f:
                files[file.removesuffix(".ko")] = f.read()
    infos = {name: info(data) for name, data in files.items()}
    releases = {said["vermagic"][0].split()[0] for said in infos.values() if "vermagic" in said}
    if len(releases) != 1:
        raise ValueError(f"{directory}: modules of {len(releases)} kernels, not of one")
    base = f"lib/modules/{releases.pop()}/"
    lines = [f"{name}.ko: {' '.join(other + '.ko' for other in others)}".rstrip() + "\n"
             for name, others in sorted(needs(infos).items())]
    out = {base + name + ".ko": (stat.S_IFREG | 0o644, data) for name, data in files.items()}
    out[base + "modules.dep"] = (stat.S_IFREG | 0o644, "".join(lines).encode())
    return out
