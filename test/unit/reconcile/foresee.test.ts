import { expect } from "chai";
import type { ContainerAct } from "../../../controller/reconcile/apply-input.ts";
import type { DesiredService } from "../../../controller/reconcile/desired.ts";
import { unforeseen } from "../../../controller/reconcile/foresee.ts";
import { observed } from "../../support/fake-host.ts";

const before = observed({ id: "c1", name: "shop-web-1", startedAt: 1 });
const service: DesiredService = {
  name: "web",
  replicas: 1,
  image: "web:1",
  oneShot: "no",
  dependsOn: [],
  onFileChange: { act: "recreate" },
};

function planned(act: ContainerAct, perhaps = false): Parameters<typeof unforeseen>[0] {
  return {
    services: [
      {
        service: service,
        containers: [{ container: before, act, perhaps }],
        created: 0,
        obsolete: undefined,
        files: undefined,
        restart: undefined,
      },
    ],
    orphans: [],
  };
}

describe("unforeseen()", () => {
  const stays = [before];
  const restarted = [{ ...before, startedAt: 2 }];
  const other = [observed({ id: "c2", name: "shop-web-1" })];
  const cases = [
    { act: "keep", after: stays, says: [] },
    {
      act: "keep",
      after: restarted,
      says: ['container "shop-web-1" was to be left alone, and was started again'],
    },
    // By its restart policy: nobody did that.
    { act: "keep", after: [{ ...before, startedAt: 2, restartCount: 1 }], says: [] },
    { act: "keep", after: other, says: ['container "shop-web-1" was to stay, and is gone'] },
    { act: "restart", after: restarted, says: [] },
    { act: "start", after: restarted, says: [] },
    { act: "recreate", after: other, says: [] },
    { act: "recreate", after: stays, says: ['container "shop-web-1" was to be recreated, and is there'] },
    { act: "remove", after: [], says: [] },
    { act: "remove", after: stays, says: ['container "shop-web-1" was to be removed, and is there'] },
    { act: "recreate", perhaps: true, after: stays, says: [] },
    { act: "recreate", perhaps: true, after: other, says: [] },
  ] as const;
  for (const { act, after, says, ...more } of cases) {
    const perhaps = "perhaps" in more;
    it(`finds ${says.length === 0 ? "nothing" : "something"} where ${perhaps ? "perhaps " : ""}${act} came to ${JSON.stringify(after.map(({ id, startedAt }) => `${id}@${startedAt}`))}`, () => {
      expect(unforeseen(planned(act, perhaps), after)).to.deep.equal(says);
    });
  }

  it("finds an orphan that was to go", () => {
    const orphan = observed({ id: "o1", name: "shop-old-1" });

    expect(unforeseen({ services: [], orphans: [orphan] }, [orphan])).to.deep.equal([
      'container "shop-old-1" was to be removed, and is there',
    ]);
    expect(unforeseen({ services: [], orphans: [orphan] }, [])).to.deep.equal([]);
  });
});
