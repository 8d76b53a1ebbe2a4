import { expect } from "chai";
import fc from "fast-check";
import { createDelayHeap } from "../../../controller/workqueue/delay-heap.ts";

type Step =
  | { readonly do: "put"; readonly key: string; readonly at: number }
  | { readonly do: "remove"; readonly key: string }
  | { readonly do: "take"; readonly now: number };

const key = fc.integer({ min: 0, max: 60 }).map((number) => `key-${number}`);
const time = fc.integer({ min: 0, max: 1_000 });
const put: fc.Arbitrary<Step> = fc.record({ do: fc.constant("put"), key, at: time });
const remove: fc.Arbitrary<Step> = fc.record({ do: fc.constant("remove"), key });
const take: fc.Arbitrary<Step> = fc.record({ do: fc.constant("take"), now: time });

describe("createDelayHeap()", () => {
  it("answers as a plain sorted list does, whatever is put, removed and taken", () => {
    const steps = fc.array(fc.oneof(put, put, put, remove, take), { maxLength: 200, size: "max" });

    fc.assert(
      fc.property(steps, (plan) => {
        const heap = createDelayHeap();
        let list: { key: string; at: number }[] = [];
        const first = (): { key: string; at: number } | undefined => list.toSorted((a, b) => a.at - b.at)[0]; // stable: of equal times the one put first

        for (const step of plan) {
          if (step.do === "put") {
            const known = list.find((entry) => entry.key === step.key);
            const changes = known === undefined || step.at < known.at;
            expect(heap.put(step.key, step.at)).to.equal(changes);
            if (changes) {
              list = [...list.filter((entry) => entry !== known), { key: step.key, at: step.at }];
            }
          } else if (step.do === "remove") {
            expect(heap.remove(step.key)).to.equal(list.some((entry) => entry.key === step.key));
            list = list.filter((entry) => entry.key !== step.key);
          } else {
            const due = first();
            const taken = due !== undefined && due.at <= step.now ? due : undefined;
            expect(heap.takeDue(step.now)).to.equal(taken?.key);
            list = list.filter((entry) => entry !== taken);
          }
          expect([heap.size(), heap.nextAt()]).to.deep.equal([list.length, first()?.at]);
        }

        const rest = list.toSorted((a, b) => a.at - b.at).map((entry) => entry.key);
        expect(rest.map(() => heap.takeDue(Infinity))).to.deep.equal(rest);
      }),
    );
  });

  it("is empty after clear, and can be used again", () => {
    const heap = createDelayHeap();
    heap.put("shop", 5);

    heap.clear();

    expect([heap.size(), heap.nextAt(), heap.remove("shop")]).to.deep.equal([0, undefined, false]);
    expect(heap.put("shop", 9)).to.equal(true);
    expect(heap.takeDue(9)).to.equal("shop");
  });
});
