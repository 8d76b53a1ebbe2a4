import { expect } from "chai";
import { sharersOf } from "../../../controller/reconcile/sharers.ts";

describe("sharersOf()", () => {
  const services = {
    vpn: {},
    app: { network_mode: "service:vpn" },
    probe: { pid: "service:app" },
    web: { network_mode: "bridge" },
    job: { ipc: "service:web" },
  };
  const sharers = (...names: string[]): readonly string[] =>
    sharersOf(new Set(names), { name: "p", services });

  it("finds who lives in a namespace, also through another service", () => {
    expect(sharers("vpn")).to.deep.equal(["app", "probe"]);
  });

  it("names nobody twice, and none of those asked for", () => {
    expect(sharers("vpn", "app")).to.deep.equal(["probe"]);
  });

  it("finds nobody where nothing is shared", () => {
    expect(sharers("probe", "job")).to.deep.equal([]);
    expect(sharers()).to.deep.equal([]);
  });
});
