/** What a rendered project mounts of the host, by whatever field. */
import { isAbsolute, normalize, resolve } from "node:path";
import type { Place, PolicyInput, Project } from "./input.ts";
import { fieldsOf, isGiven, listOf, textOf } from "./values.ts";

export interface Mount {
  /** Empty for a volume, which any service may mount. */
  readonly service: string;
  /** `services.web.volumes`, `configs.x.file`, `volumes.data.driver_opts`. */
  readonly field: string;
  /** Absolute, as the project names it. */
  readonly path: string;
  readonly readOnly: boolean;
  /** How mounts within it spread between host and container. */
  readonly propagation: string;
  /** The engine labels the files anew, for SELinux. */
  readonly relabels: boolean;
}

/** Bind mounts, volumes that are one, and the files of configs and secrets. */
export function mountsOf(project: Project): readonly Mount[] {
  return [
    ...Object.entries(project.services).flatMap(([service, definition]) => [
      ...binds(service, fieldsOf(definition)["volumes"]),
      ...files(project, service, "configs"),
      ...files(project, service, "secrets"),
    ]),
    ...Object.entries(project.volumes ?? {}).flatMap(([name, volume]): readonly Mount[] => {
      const made = volumeOf(volume);
      if (made.kind !== "bind") return [];
      const { path, propagation } = made;
      return [{ ...PLAIN, service: "", field: `volumes.${name}.driver_opts`, path, propagation }];
    }),
  ];
}

const PLAIN = { readOnly: false, propagation: "", relabels: false };

function binds(service: string, volumes: unknown): readonly Mount[] {
  return listOf(volumes).flatMap((item): readonly Mount[] => {
    const { type, source, read_only: readOnly, bind } = fieldsOf(item);
    const path = textOf(source);
    // A path is a path, whatever type it claims to have.
    if (type !== "bind" && type !== "npipe" && !isAbsolute(path)) return [];
    const { propagation, selinux, recursive } = fieldsOf(bind);
    return [
      {
        service,
        field: `services.${service}.volumes`,
        path: type === "npipe" ? path : resolve("/", path),
        readOnly: isGiven(readOnly) && recursive !== "writable" && recursive !== "disabled",
        propagation: textOf(propagation),
        relabels: isGiven(selinux),
      },
    ];
  });
}

function files(project: Project, service: string, section: "configs" | "secrets"): readonly Mount[] {
  return listOf(fieldsOf(project.services[service])[section]).flatMap((item): readonly Mount[] => {
    const name = textOf(fieldsOf(item)["source"]);
    const { file } = fieldsOf(project[section]?.[name]);
    if (!isGiven(file)) return [];
    return [
      {
        ...PLAIN,
        service,
        field: `${section}.${name}.file`,
        path: resolve("/", textOf(file)),
        readOnly: true,
      },
    ];
  });
}

/** What a volume's `driver_opts` make of it, to the driver `local`. */
export type VolumeKind =
  | { readonly kind: "folder" }
  | { readonly kind: "bind"; readonly path: string; readonly propagation: string }
  | { readonly kind: "file-system"; readonly type: string };

export function volumeOf(volume: unknown): VolumeKind {
  const { driver_opts: options } = fieldsOf(volume);
  const { type, o, device } = fieldsOf(options);
  if (!isGiven(type) && !isGiven(o) && !isGiven(device)) return { kind: "folder" };
  const flags = textOf(o)
    .split(",")
    .map((flag) => flag.trim().toLowerCase());
  const isBind = flags.some((flag) => ["bind", "rbind", "move", "remount"].includes(flag));
  // To the kernel, the flag counts and not the type.
  if (isBind) {
    const propagation = flags.find((flag) => /^r?(?:shared|slave|private|unbindable)$/.test(flag)) ?? "";
    return { kind: "bind", path: resolve("/", textOf(device)), propagation };
  }
  return { kind: "file-system", type: textOf(type) || "none" };
}

/** What is known of a path that the project names. */
export function placeOf({ places }: PolicyInput, path: string): Place {
  return places.get(path) ?? { paths: [normalize(path)], leadsNowhere: false, isDockerSocket: false };
}
