import { expect } from "chai";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import { outdatedNetworks } from "../../../controller/reconcile/renew-networks.ts";
import type { MadeObjects } from "../../../controller/status/record.ts";

const NETWORK = {
  id: "n1",
  name: "shop_default",
  project: "shop",
  configHash: "h",
  composeVersion: "2.40.3",
};
const NOW = { networks: [NETWORK], volumes: [] };
const MADE: { objects: MadeObjects } = {
  objects: {
    networks: { shop_default: { id: "n1", configHash: "h", composeVersion: "2.40.3" } },
    volumes: {},
  },
};
const project = (definition: object): RenderedProject => ({
  name: "shop",
  services: {},
  networks: { default: { name: "shop_default", ...definition } },
});

describe("outdatedNetworks()", () => {
  const table: readonly (readonly [string, Parameters<typeof outdatedNetworks>, number])[] = [
    ["one with another definition", [project({ internal: true }), project({}), MADE, NOW], 1],
    ["none with the same", [project({ internal: true }), project({ internal: true }), MADE, NOW], 0],
    ["none while the definition of before is not known", [project({}), undefined, MADE, NOW], 0],
    ["none while networks are not known", [project({}), project({ a: 1 }), MADE, undefined], 0],
    ["none by a record that has none", [project({}), project({ a: 1 }), {}, NOW], 0],
    [
      "none that was made anew since: it has the new definition already",
      [project({}), project({ a: 1 }), MADE, { networks: [{ ...NETWORK, id: "n2" }], volumes: [] }],
      0,
    ],
    ["none that is not ours any more", [project({ external: true }), project({}), MADE, NOW], 0],
    ["none that is not wanted any more", [{ name: "shop", services: {} }, project({}), MADE, NOW], 0],
  ];
  for (const [name, question, count] of table) {
    it(`names ${name}`, () => expect(outdatedNetworks(...question)).to.have.length(count));
  }
});
