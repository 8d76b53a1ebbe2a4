import type { ContainerSettings } from "../docker/docker.ts";

const BYTES: ReadonlySet<string> = new Set(["memory", "memory-reservation", "memory-swap"]);
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `memory 64 MiB, restart no`: these options of `docker update`, in this order. */
export function settingsInWords(settings: ContainerSettings, options: readonly string[]): string {
  return options.map((option) => `${option} ${valueInWords(option, settings[option])}`).join(", ");
}

function valueInWords(option: string, value: string | number | undefined): string {
  if (value === undefined) return option === "restart" ? "no" : "unset";
  if (!BYTES.has(option) || typeof value === "string") return String(value);
  if (value < 0) return "unlimited";
  let size = value;
  let unit = 0;
  while (size >= 1024 && size % 1024 === 0 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size} ${UNITS[unit]}`;
}
