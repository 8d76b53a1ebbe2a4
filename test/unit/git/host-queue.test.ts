import { expect } from "chai";
import { createHostQueue, type HostQueue } from "../../../controller/git/host-queue.ts";

const LIMITS = { total: 6, proven: 4, unknown: 2, suspect: 1, suspects: 2, unproven: 6 };

/** Takes all that have a place. */
function takeAll(queue: HostQueue<string>): string[] {
  const taken: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next.item);
  return taken;
}

function fill(queue: HostQueue<string>, host: string, count: number): void {
  for (let n = 1; n <= count; n++) queue.add(host, `${host}${n}`);
}

describe("createHostQueue()", () => {
  it("lets hosts take turns, each in the order of asking", () => {
    const queue = createHostQueue<string>(LIMITS);
    fill(queue, "a", 3);
    fill(queue, "b", 3);

    expect(takeAll(queue)).to.deep.equal(["a1", "b1", "a2", "b2"]);
    expect(queue.waiting()).to.equal(2);
  });

  it("never has more than the total", () => {
    const queue = createHostQueue<string>(LIMITS);
    for (let n = 0; n < 10; n++) fill(queue, `host${n}`, 1);

    expect(takeAll(queue)).to.have.length(6);
    queue.done("host0");

    expect(takeAll(queue)).to.deep.equal(["host61"]);
  });

  it("gives a host that answered more places, and one that did not fewer", () => {
    const queue = createHostQueue<string>(LIMITS);
    fill(queue, "good", 9);
    fill(queue, "bad", 9);
    expect(takeAll(queue)).to.deep.equal(["good1", "bad1", "good2", "bad2"]);

    for (let n = 0; n < 2; n++) {
      queue.done("good", "answered");
      queue.done("bad", "timedOut");
    }

    expect(takeAll(queue).toSorted()).to.deep.equal(["bad3", "good3", "good4", "good5", "good6"]);
  });

  it("leaves places to others, however many hosts do not answer", () => {
    const queue = createHostQueue<string>(LIMITS);
    for (let n = 0; n < 9; n++) {
      fill(queue, `bad${n}`, 1);
      takeAll(queue);
      queue.done(`bad${n}`, "timedOut");
    }
    for (let n = 0; n < 9; n++) fill(queue, `bad${n}`, 1);
    expect(takeAll(queue)).to.have.length(2);

    fill(queue, "good", 2);

    expect(takeAll(queue)).to.deep.equal(["good1", "good2"]);
  });

  it("trusts a host again after one answer", () => {
    const queue = createHostQueue<string>(LIMITS);
    fill(queue, "a", 9);
    takeAll(queue);
    queue.done("a", "timedOut");
    queue.done("a", "timedOut");
    expect(takeAll(queue)).to.have.length(1);

    queue.done("a", "answered");

    expect(takeAll(queue)).to.have.length(4);
  });

  it("learns nothing from an operation that was given up", () => {
    const queue = createHostQueue<string>(LIMITS);
    fill(queue, "a", 9);
    takeAll(queue);

    queue.done("a");

    expect(takeAll(queue)).to.have.length(1);
  });

  it("puts what comes to the front before the others of its host", () => {
    const queue = createHostQueue<string>(LIMITS);
    fill(queue, "a", 2);
    queue.add("a", "again", "front");

    expect(takeAll(queue)).to.deep.equal(["again", "a1"]);
  });

  it("puts what comes to the front before the others of all hosts, and to the back after them", () => {
    const queue = createHostQueue<string>({ ...LIMITS, total: 1 });
    queue.add("a", "failing", "back");
    fill(queue, "b", 2);
    queue.add("c", "new", "front");
    const order: string[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      order.push(next.item);
      queue.done(next.host, "answered");
    }

    expect(order).to.deep.equal(["new", "b1", "b2", "failing"]);
  });

  it("never leaves the back waiting for ever", () => {
    const queue = createHostQueue<string>({ ...LIMITS, total: 1 });
    queue.add("a", "failing", "back");
    fill(queue, "b", 100);
    const order: string[] = [];
    for (let n = 0; n < 20; n++) {
      const next = queue.take();
      order.push(next?.item ?? "none");
      queue.done(next?.host ?? "", "answered");
    }

    expect(order.indexOf("failing")).to.equal(7);
  });

  it("keeps a part of all places for hosts that answer", () => {
    const queue = createHostQueue<string>({ ...LIMITS, unproven: 4 });
    fill(queue, "good", 1);
    takeAll(queue);
    queue.done("good", "answered");
    for (let n = 0; n < 9; n++) fill(queue, `new${n}-`, 1);
    expect(takeAll(queue)).to.have.length(4);

    fill(queue, "good", 3);

    expect(takeAll(queue)).to.deep.equal(["good1", "good2"]);
  });

  it("takes out what waits, and nothing that has a place", () => {
    const queue = createHostQueue<string>(LIMITS);
    fill(queue, "a", 3);
    takeAll(queue);

    expect([queue.remove("a", "a1"), queue.remove("a", "a3"), queue.remove("b", "b1")]).to.deep.equal([
      false,
      true,
      false,
    ]);
    expect(queue.waiting()).to.equal(0);
  });

  it("stays right when very many hosts come and go", () => {
    const queue = createHostQueue<string>(LIMITS);
    for (let n = 0; n < 5000; n++) {
      fill(queue, `host${n}`, 1);
      expect(takeAll(queue)).to.deep.equal([`host${n}1`]);
      queue.done(`host${n}`, n % 2 === 0 ? "answered" : "timedOut");
    }

    fill(queue, "last", 3);

    expect(takeAll(queue)).to.deep.equal(["last1", "last2"]);
  });
});
