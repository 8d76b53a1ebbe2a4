import { expect } from "chai";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { ownershipOf, type Ownership } from "../../../controller/reconcile/adoption.ts";
import { observed } from "../../support/fake-host.ts";

const project: RenderedProject = {
  name: "shop",
  services: {
    web: {
      image: "web:1",
      volumes: [
        { type: "bind", source: "/srv/www", target: "/www" },
        { type: "volume", source: "data", target: "/data" },
      ],
    },
  },
  volumes: { data: { name: "shop_data" } },
};
const bind = { type: "bind", source: "/srv/www", target: "/www" };
const volume = { type: "volume", source: "/var/lib/docker/x", name: "shop_data", target: "/data" };
const foreign = (extra: Partial<ObservedContainer> = {}): ObservedContainer =>
  observed({ workingDir: "/home/ada/shop", mounts: [bind, volume], ...extra });

function owner(...containers: readonly ObservedContainer[]): Ownership {
  return ownershipOf({
    containers,
    project,
    checkoutsDir: "/data/checkouts",
    isCheckoutsDir: (path) => path === "/other/checkouts",
  });
}

describe("ownershipOf()", () => {
  it("takes for ours what nobody runs, and what was made from our checkouts", () => {
    expect(owner()).to.deep.equal({ owner: "ours" });
    expect(owner(observed({ workingDir: "/data/checkouts/shop/deploy" }))).to.deep.equal({ owner: "ours" });
    expect(owner(observed({ workingDir: "/data/checkouts" }))).to.deep.equal({ owner: "ours" });
  });

  it("does not take a folder for ours that only begins with the same letters", () => {
    expect(owner(foreign({ workingDir: "/data/checkouts-old/shop" })).owner).to.equal("foreign");
  });

  it("knows another ConOps by its folder of checkouts, however deep", () => {
    expect(owner(foreign({ workingDir: "/other/checkouts/shop/deploy" }))).to.deep.equal({
      owner: "another-conops",
      workingDir: "/other/checkouts/shop/deploy",
    });
  });

  it("takes over without loss what has the same services and mounts", () => {
    expect(owner(foreign())).to.deep.equal({ owner: "foreign", removes: [], changes: [] });
  });

  it("names each container that would be removed", () => {
    expect(owner(foreign(), foreign({ service: "db", name: "shop-db-1", mounts: [] }))).to.deep.equal({
      owner: "foreign",
      removes: ['container "shop-db-1" of service "db"'],
      changes: [],
    });
  });

  it("names each mount that would change or go", () => {
    const rows: readonly (readonly [ObservedContainer["mounts"], string])[] = [
      [[{ ...bind, source: "/home/ada/www" }], '"/www" of "shop-web-1": "/home/ada/www" → "/srv/www"'],
      [[{ ...volume, name: "ada_data" }], '"/data" of "shop-web-1": volume "ada_data" → "shop_data"'],
      [[{ ...bind, target: "/cache" }], '"/cache" of "shop-web-1": "/srv/www" → nothing'],
    ];
    for (const [mounts, change] of rows) {
      expect(owner(foreign({ mounts }))).to.deep.equal({ owner: "foreign", removes: [], changes: [change] });
    }
  });

  it("takes no notice of anonymous volumes and of tmpfs, which are carried along or hold nothing", () => {
    const anonymous = { type: "volume", source: "/x", name: "a".repeat(64), target: "/cache" };
    const tmpfs = { type: "tmpfs", source: "", target: "/tmp" };

    expect(owner(foreign({ mounts: [bind, volume, anonymous, tmpfs] }))).to.deep.equal({
      owner: "foreign",
      removes: [],
      changes: [],
    });
    expect(owner(foreign({ mounts: [{ ...anonymous, target: "/data" }] })).owner).to.equal("foreign");
  });

  it("takes no notice of `docker compose run` and of containers that Compose does not know", () => {
    expect(owner(foreign({ oneOff: true }), foreign({ configHash: "" }))).to.deep.equal({ owner: "ours" });
  });
});
