import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import {
  healDelayOf,
  onFileChangeOf,
  requireLabels,
  unknownLabels,
} from "../../../controller/reconcile/service-labels.ts";

const FILES = "conops.dev/on-file-change";

describe("labels of a service", () => {
  const ofWeb = (labels: Readonly<Record<string, string>>) => ({ services: { db: {}, web: { labels } } });

  function refusalOf(label: string, value: string): string | undefined {
    try {
      requireLabels(ofWeb({ [label]: value }));
      return undefined;
    } catch (error) {
      if (!(error instanceof ReconcileError)) throw error;
      expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
        reason: "InvalidCompose",
        terminal: true,
      });
      return error.message;
    }
  }

  const good: readonly (readonly [string, string])[] = [
    [FILES, "recreate"],
    [FILES, "restart"],
    [FILES, "ignore"],
    [FILES, "signal=HUP"],
    [FILES, "signal=SIGUSR1"],
    [FILES, "signal=hup"],
    [FILES, "signal=RTMIN+3"],
    [FILES, "signal=RTMAX-1"],
    ["conops.dev/heal-delay", "10m"],
    ["conops.dev/heal-delay", "1h30m"],
    ["conops.dev/one-shot", "true"],
    ["conops.dev/one-shot", "false"],
    ["conops.dev/on-local-change", "overwrite"],
    ["conops.dev/rollback", "safe"],
    ["com.example/on-file-change", "whatever"],
    ["conops.dev/unknown", "whatever"],
  ];
  for (const [label, value] of good) {
    it(`may be ${label}: ${value}`, () => expect(refusalOf(label, value)).to.equal(undefined));
  }

  const bad: readonly (readonly [string, string, string])[] = [
    [
      FILES,
      "restrat",
      'must be one of recreate, restart, signal=HUP, ignore, not "restrat"; did you mean "restart"?',
    ],
    [FILES, "", 'must be one of recreate, restart, signal=HUP, ignore, not ""'],
    [FILES, "signal=HUB", '"signal=HUB" names no signal; did you mean "signal=HUP"?'],
    [FILES, "signal=SIGHUO", '"signal=SIGHUO" names no signal; did you mean "signal=HUP"?'],
    [FILES, "signal=", '"signal=" names no signal; write signal=HUP, for example'],
    [FILES, "signal", '"signal" names no signal; write signal=HUP, for example'],
    [FILES, "signal=RTMIN+99", '"signal=RTMIN+99" names no signal; write signal=HUP, for example'],
    ["conops.dev/heal-delay", "10", 'must be a duration such as 30s, 5m or 1h30m, not "10"'],
    ["conops.dev/heal-delay", "0s", 'must be at least 1s, not "0s"'],
    ["conops.dev/heal-delay", "200h", 'must be at most 168h, not "200h"'],
    ["conops.dev/one-shot", "yes", 'must be one of true, false, not "yes"'],
    [
      "conops.dev/on-local-change",
      "kepe",
      'must be one of keep, overwrite, not "kepe"; did you mean "keep"?',
    ],
    ["conops.dev/rollback", "unsafe", 'must be safe, not "unsafe"'],
  ];
  for (const [label, value, fault] of bad) {
    it(`may not be ${label}: ${JSON.stringify(value)}, and the refusal says what is meant`, () => {
      const message = refusalOf(label, value);

      expect(message).to.contain(`services.web.labels: ${label}: ${fault}`);
    });
  }

  it("warn of one that only looks like one of ConOps", () => {
    expect(
      unknownLabels(ofWeb({ "conops.dev/one-shoot": "true", "conops.dev/x": "", "other/one-shoot": "" })),
    ).to.deep.equal([
      'services.web.labels: "conops.dev/one-shoot" is no label that ConOps knows; did you mean "conops.dev/one-shot"?',
      'services.web.labels: "conops.dev/x" is no label that ConOps knows',
    ]);
  });

  it("say nothing unless they are there", () => {
    expect(onFileChangeOf({})).to.deep.equal({ act: "recreate" });
    expect(healDelayOf({})).to.equal(undefined);
    expect(onFileChangeOf({ labels: { [FILES]: "signal=SIGusr1" } })).to.deep.equal({
      act: "signal",
      signal: "USR1",
    });
    expect(healDelayOf({ labels: { "conops.dev/heal-delay": "10m" } })).to.deep.equal({
      text: "10m",
      ms: 600_000,
    });
  });
});
