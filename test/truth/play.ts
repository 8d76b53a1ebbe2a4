/** One situation, from its first deployment to its end. Throws, saying what is not as the row has it. */
import { expect } from "chai";
import type { DriftFact } from "../../controller/api/drift.ts";
import type { ApplicationStatus } from "../../controller/api/status.ts";
import { conditionOf } from "../support/conditions.ts";
import { healedCount, isReady } from "../support/reading.ts";
import { actsBetween } from "./containers.ts";
import { follows, type Situation, type Spec } from "./situation.ts";
import type { Stage } from "./stage.ts";

/** For what must not happen. */
const PATIENCE_MS = 2000;

/** All of them are deployed at the same time. */
const DEPLOYED_WITHIN_MS = 300_000;

/** It is healed, and shown before: healing is switched off until the drift has been looked at. */
export function isHealed({ found, healed, healings = 0 }: Situation): boolean {
  return found.length > 0 && (Object.keys(healed).length > 0 || healings > 0);
}

/** The first commit, the manifest, and everything runs. */
export async function deploy(situation: Situation, stage: Stage): Promise<void> {
  await stage.manifest(situation, specOf(situation, situation.spec));
  await stage.untilStatus(situation.id, "it is deployed", isReady, DEPLOYED_WITHIN_MS);
}

/** Takes the steps; resolves with what the containers are before they are judged. */
export async function act(situation: Situation, stage: Stage) {
  const before = await stage.snapshot(situation.id);
  let spec = situation.spec ?? {};
  for (const step of situation.steps) {
    if (typeof step === "string") await stage.shell(situation, step);
    else {
      ({ spec } = step);
      await stage.manifest(situation, specOf(situation, spec));
      await stage.untilStatus(
        situation.id,
        `its phase is ${step.phase}`,
        ({ phase }) => phase === step.phase,
      );
    }
  }
  return { before, after: await stage.snapshot(situation.id), spec };
}

/** Waits for what is found, lets it be healed, and compares everything with the row. */
export async function judge(
  situation: Situation,
  acted: Awaited<ReturnType<typeof act>>,
  stage: Stage,
): Promise<void> {
  const { id, found, healed, by = "engine" } = situation;
  if (isHealed(situation)) {
    await untilShown(situation, stage);
    const before = await stage.snapshot(id);
    const ups = stage.log().ups(id);
    await stage.manifest(situation, acted.spec);
    const status = await untilEnded(situation, stage);
    expect(actsBetween(before, await stage.snapshot(id)), "what was done").to.deep.equal(healed);
    expect(stage.log().ups(id) > ups ? "Compose" : "engine", "who did it").to.equal(by);
    const said = status.history.map(({ result, trigger, reason }) => `${result}: ${trigger}: ${reason}`);
    for (const { service, kind } of found) {
      expect(said.join("\n"), "the history").to.match(new RegExp(`Succeeded: .*(${service}: )?${kind}`));
    }
  } else {
    if (found.length > 0 && situation.over !== true) await untilShown(situation, stage);
    const status = await untilEnded(situation, stage);
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    const since = Object.keys(healed).length > 0 ? acted.before : acted.after;
    if (situation.endless !== true)
      expect(actsBetween(since, await stage.snapshot(id)), "what was done").to.deep.equal(healed);
    const now = (await stage.status(id)) ?? status;
    expectFacts(now.drift, situation.over === true ? [] : found, "status.drift");
  }
  if (situation.check !== undefined) await stage.shell(situation, situation.check);
  await expectEnd(situation, stage);
  if (situation.afterwards === undefined) return;
  await stage.shell(situation, situation.afterwards);
  await stage.untilStatus(
    id,
    "it is Ready afterwards",
    (status) => isReady(status) && status.phase === "Synced",
  );
}

/** Of the whole life of the controller that saw it happen: what was found, counted and healed. */
export async function expectEnd(situation: Situation, stage: Stage): Promise<void> {
  const { id, found, passing = [], never = [] } = situation;
  const status = await stage.status(id);
  if (status === undefined) throw new Error(`"${id}" has no status`);
  expect(healedCount(status), "how often something was healed").to.equal(healingsOf(situation));
  const seen = stage.log().found(id);
  expectFacts(
    seen.filter((one) => !passing.includes(one.kind) || found.some((fact) => isLike(one, fact))),
    found,
    "what was found",
  );
  expect(
    seen.filter(({ kind }) => never.includes(kind)),
    "what it is not",
  ).to.deep.equal([]);
  const counted = await stage.metrics();
  for (const kind of new Set(seen.map((one) => one.kind))) {
    const series = `conops_drift_total{name="${id}",kind="${kind}"}`;
    const times = situation.ignored === true ? 0 : seen.filter((one) => one.kind === kind).length;
    expect(counted.get(series), series).to.equal(times);
  }
}

export function healingsOf(situation: Situation): number {
  return situation.healings ?? (isHealed(situation) ? 1 : 0);
}

function specOf(situation: Situation, spec: Spec = {}): Spec {
  if (!isHealed(situation)) return spec;
  return { ...spec, sync: { ...(spec["sync"] as object | undefined), selfHeal: false } };
}

async function untilShown({ id, found }: Situation, stage: Stage): Promise<void> {
  await stage.untilStatus(
    id,
    "exactly this drift is shown",
    ({ drift }) => areLike(drift, found),
    DEPLOYED_WITHIN_MS,
  );
}

async function untilEnded(situation: Situation, stage: Stage): Promise<ApplicationStatus> {
  const { id, found, over = false, synced = false, ends = {} } = situation;
  const { ready = "True", phase = "Synced" } = ends;
  const drift = over || isHealed(situation) ? [] : found;
  const head = synced ? await (await stage.world.repo(id)).head() : undefined;
  return stage.untilStatus(
    id,
    `it ends as Ready ${ready}, ${phase}`,
    (status) =>
      conditionOf(status, "Ready").status === ready &&
      status.phase === phase &&
      areLike(status.drift, drift) &&
      healedCount(status) >= healingsOf(situation) &&
      (head === undefined || status.sync.applied?.revision === head),
    // A sync may have to wait for its place behind the first ones of all others.
    DEPLOYED_WITHIN_MS,
  );
}

function expectFacts(actual: readonly DriftFact[], expected: readonly DriftFact[], what: string): void {
  if (areLike(actual, expected)) return;
  expect(sorted(actual), what).to.deep.equal(sorted(expected));
}

/** Each one of the expected, and nothing else. */
function areLike(actual: readonly DriftFact[], expected: readonly DriftFact[]): boolean {
  const [a, b] = [sorted(actual), sorted(expected)];
  return a.length === b.length && a.every((one, index) => isLike(one, b[index]));
}

function isLike(one: DriftFact, other: DriftFact | undefined): boolean {
  return (
    other !== undefined &&
    one.service === other.service &&
    one.kind === other.kind &&
    follows(one.expected, other.expected) &&
    follows(one.actual, other.actual)
  );
}

function sorted(facts: readonly DriftFact[]): readonly DriftFact[] {
  return facts
    .map(({ service, kind, expected, actual }) => ({ service, kind, expected, actual }))
    .toSorted((a, b) => (`${a.service}/${a.kind}` < `${b.service}/${b.kind}` ? -1 : 1));
}
