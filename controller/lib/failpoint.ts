/**
 * The places at which a test can end the controller by SIGKILL, in the order in which a sync passes them.
 * `CONOPS_FAILPOINT=NAME` (optionally `NAME:APPLICATION`) arms one.
 */
export const FAILPOINTS = [
  "sync-started",
  "staged",
  "rendered",
  "pulled",
  "rendering-recorded",
  "checkout-begun",
  "checkout-half",
  "checked-out",
  "up-spawned",
  "up-started",
  "up-finished",
  "applied-recorded",
  "gate-passed",
  "gate-failed",
  "rollback-begun",
  "rollback-staged",
  "rollback-half",
  "rollback-checked-out",
  "rollback-applied",
  "status-written",
  "request-consumed",
  "heal-started",
  "deletion-recorded",
  "torn-down",
  "record-removed",
  "edit-draft",
  "edit-written",
  "edit-exchanged",
  "edit-believed",
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/** Does nothing, unless the environment arms this failpoint: then the process dies here, as by power loss. */
export function failpoint(name: Failpoint, application = ""): void {
  const armed = process.env["CONOPS_FAILPOINT"];
  if (armed === undefined || (armed !== name && armed !== `${name}:${application}`)) return;
  process.kill(process.pid, "SIGKILL");
  // The signal is handled before the next system call returns; make sure that nothing below runs.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
