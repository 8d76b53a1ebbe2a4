import { expect } from "chai";
import { createSlots } from "../../../controller/lib/slots.ts";

describe("createSlots()", () => {
  function setUp(size: number) {
    const slots = createSlots(size);
    const called: string[] = [];
    const take = (name: string): (() => void) | undefined => slots.take(name, () => called.push(name));
    return { slots, called, take };
  }

  it("gives as many places as it has", () => {
    const { take, called } = setUp(2);

    const given = ["a", "b", "c"].map((name) => take(name) !== undefined);

    expect(given).to.deep.equal([true, true, false]);
    expect(called).to.deep.equal([]);
  });

  it("calls those who found none in the order of their coming, one for each place given back", () => {
    const { take, called } = setUp(1);
    const giveBack = take("a");
    take("b");
    take("c");

    giveBack?.();
    expect(called).to.deep.equal(["b"]);
    take("b")?.();

    expect(called).to.deep.equal(["b", "c"]);
  });

  it("keeps the place of one who was called, whoever asks in between", () => {
    const { take } = setUp(1);
    const giveBack = take("a");
    take("b");
    giveBack?.();

    expect(take("c")).to.equal(undefined);
    expect(take("b")).not.to.equal(undefined);
  });

  it("lets a name wait once, and calls it once", () => {
    const { take, called } = setUp(1);
    const giveBack = take("a");
    for (let times = 0; times < 3; times++) take("b");

    giveBack?.();
    take("b")?.();

    expect(called).to.deep.equal(["b"]);
    expect(take("c")).not.to.equal(undefined);
  });

  it("passes on the place of one who leaves after being called", () => {
    const { slots, take, called } = setUp(1);
    const giveBack = take("a");
    take("b");
    take("c");
    giveBack?.();

    slots.leave("b");

    expect(called).to.deep.equal(["b", "c"]);
  });

  it("does not call one who left while waiting", () => {
    const { slots, take, called } = setUp(1);
    const giveBack = take("a");
    take("b");

    slots.leave("b");
    slots.leave("never came");
    giveBack?.();

    expect(called).to.deep.equal([]);
    expect(take("c")).not.to.equal(undefined);
  });

  it("takes a place back once, however often it is given", () => {
    const { take } = setUp(1);
    const giveBack = take("a");

    giveBack?.();
    giveBack?.();

    expect([take("b") !== undefined, take("c") !== undefined]).to.deep.equal([true, false]);
  });
});
