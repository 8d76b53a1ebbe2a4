import { isAbsolute, relative, sep } from "node:path";

/** Whether `path`, absolute, is `folder` or lies below it, by its name alone. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
