/**
 * What a service waits for, by the conditions of its `depends_on`, as Compose has them: so that a start keeps Compose's
 * order, and Compose itself never has to wait. Pure.
 */
import type { DesiredService } from "./desired.ts";
import type { Judged } from "./judged.ts";

type Condition = DesiredService["dependsOn"][number]["condition"];

const IN_WORDS: Readonly<Record<Condition, string>> = {
  service_started: "to run",
  service_healthy: "to be healthy",
  service_completed_successfully: "to finish",
};

/**
 * `"db" to be healthy`, for each dependency that is not as its condition asks; none: it may be started now. What is
 * `together` is brought up by the same call, which starts the services in their order.
 */
export function waitsFor(
  service: DesiredService,
  judged: readonly Judged[],
  together: ReadonlySet<string> = new Set(),
): readonly string[] {
  const isSync = judged.some((one) => one.service.name === service.name && one.left);
  return service.dependsOn
    .filter(({ service: name, condition, required }) => {
      const on = judged.find((one) => one.service.name === name);
      // Of what is to have no container, Compose waits for none.
      if (on === undefined || on.service.replicas === 0) return false;
      if (on.left) return condition !== "service_started" || !together.has(name);
      // For a sync it is enough that it was started: that it runs is for the gate to judge.
      if (isSync && condition === "service_started" && on.containers.length > 0) return false;
      return !isMet(on, condition, required);
    })
    .map(({ service: name, condition }) => `"${name}" ${IN_WORDS[condition]}`);
}

/** The services that are left and may be brought up by one call in which none has to wait for another. */
export function readyOf(judged: readonly Judged[]): readonly string[] {
  const ready = new Set<string>();
  // Dependencies come first.
  for (const { service, left } of judged) {
    if (left && waitsFor(service, judged, ready).length === 0) ready.add(service.name);
  }
  return [...ready];
}

/** An optional dependency is waited for only as long as something may still come of it. */
function isMet(on: Judged, condition: Condition, required: boolean): boolean {
  const verdicts = on.containers.map(({ verdict }) => verdict);
  const finished =
    on.completed || on.finishedWithout || verdicts.some((verdict) => verdict.is === "finished");
  const running = verdicts.filter((verdict) => verdict.is === "running");
  const settling = running.some((verdict) => verdict.settling);
  const comesBack = verdicts.some((verdict) => verdict.is === "restarting");
  if (finished) return true;
  switch (condition) {
    case "service_completed_successfully":
      return !required && running.length === 0 && !comesBack;
    case "service_healthy":
      return running.length > 0 ? !settling : !required && !comesBack;
    case "service_started":
      return running.length > 0 || !required;
    default:
      return condition satisfies never;
  }
}
