/** A process that knows a secret: hardens itself, shows what it and a child are like, and then crashes when told to. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { forbidDumps, takeVariable } from "../../../controller/lib/harden.ts";

forbidDumps();
const taken = takeVariable("SECRET_VARIABLE");
const shown = {
  taken,
  again: takeVariable("SECRET_VARIABLE") ?? "gone",
  empty: takeVariable("EMPTY_VARIABLE") ?? "none",
  environ: readFileSync("/proc/self/environ", "latin1"),
  limits: readFileSync("/proc/self/limits", "utf8"),
  childLimits: execFileSync("cat", ["/proc/self/limits"], { encoding: "utf8" }),
  childEnviron: execFileSync("cat", ["/proc/self/environ"], { encoding: "latin1" }),
};
process.stdout.write(JSON.stringify(shown));
if (process.argv[2] === "crash") process.abort();
