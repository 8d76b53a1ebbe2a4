import { expect } from "chai";
import { endingOf, endingsOf } from "../../../controller/reconcile/endings.ts";
import type { Finding } from "../../../controller/reconcile/judged.ts";
import type { RecordedEnding } from "../../../controller/status/record.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const BY_HAND: RecordedEnding = { exitCode: 137, byHand: true, at: 5000 };

/** An engine that holds container `a`, ended at `finishedAt`, and remembers `seen` of it. */
function engine(finishedAt: number, seen?: RecordedEnding) {
  const container = fakeContainer("a", { state: "exited", exitCode: 137, finishedAt });
  return { ending: () => seen, project: () => [container] };
}

const STOPPED: Finding = {
  service: "web",
  kind: "Stopped",
  expected: "running",
  actual: "stopped from outside, exit 137",
  cause: "outside",
  containerId: "a",
};

describe("the ending of a container", () => {
  const cases = [
    { name: "is what the engine's events said", seen: BY_HAND, recorded: undefined, ending: BY_HAND },
    { name: "is the recorded one where the engine has forgotten", recorded: BY_HAND, ending: BY_HAND },
    { name: "is not that of an earlier life", recorded: { ...BY_HAND, at: 1000 }, ending: undefined },
    { name: "is not known where nobody saw it", recorded: undefined, ending: undefined },
  ];
  for (const { name, seen, recorded, ending } of cases) {
    it(name, () => {
      const record = recorded === undefined ? {} : { endings: { a: recorded } };

      expect(endingOf("a", "shop", record, engine(5200, seen))).to.deep.equal(ending);
    });
  }

  it("is recorded for as long as it is evidence of drift, and no longer", () => {
    const found = endingsOf([STOPPED], "shop", {}, engine(5200, BY_HAND));

    expect(found).to.deep.equal({ endings: { a: BY_HAND } });
    expect(endingsOf([STOPPED], "shop", found, engine(5200))).to.deep.equal(found);
    expect(endingsOf([], "shop", found, engine(5200))).to.deep.equal({});
  });
});
