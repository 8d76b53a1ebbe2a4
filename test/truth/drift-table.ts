import type { DriftFact } from "../../controller/api/drift.ts";
import type { Act, Section, Situation } from "./situation.ts";

/** The truth table as a page for users. */
export function driftTable(sections: readonly Section[]): string {
  return [
    "<!-- Made from test/truth/ by `make generate`. Do not edit. -->",
    "# Drift, situation by situation",
    "",
    "What can happen to a host, what ConOps finds, and what it does. Each of these situations is a test on a real engine",
    "(`make test-truth`), which also shows that nothing else is found, that every other container is left alone, and that a further",
    "look does nothing more. The kinds of drift and what heals them stand in [drift.md](drift.md).",
    ...sections.flatMap(sectionOf),
    "",
  ].join("\n");
}

function sectionOf({ title, about, rows }: Section): readonly string[] {
  return [
    "",
    `## ${title}`,
    "",
    ...(about === undefined ? [] : [about, ""]),
    "| situation | what is found | what is done |",
    "| --- | --- | --- |",
    ...rows.map((row) => `| ${row.title} | ${foundIn(row)} | ${doneIn(row)} |`),
  ];
}

function foundIn({ found, never = [] }: Situation): string {
  const facts = [...new Set(found.map(inWords))];
  const isNot = never.length === 0 ? "" : ` (not ${never.map((kind) => `\`${kind}\``).join(", ")})`;
  return `${facts.length === 0 ? "nothing" : facts.join("; ")}${isNot}`;
}

function inWords({ service, kind, actual }: DriftFact): string {
  return `\`${kind}\` of ${service}: ${actual.replaceAll("*", "…")}`;
}

const WORDS: Readonly<Record<Act, string>> = {
  started: "is started, the same container",
  unpaused: "is unpaused",
  restarted: "is restarted, the same container",
  recreated: "is recreated",
  made: "is made",
  removed: "is removed",
  stopped: "is stopped",
  changed: "is put right as it runs",
};

function doneIn({ healed, done, found }: Situation): string {
  if (done !== undefined) return done;
  const acts = Object.entries(healed).map(([service, act]) => `${service} ${WORDS[act]}`);
  if (acts.length > 0) return acts.join("; ");
  return found.length === 0 ? "nothing" : "nothing: it is shown";
}
