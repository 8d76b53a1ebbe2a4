import { expect } from "chai";
import type { Attachment, ObservedContainer } from "../../../controller/docker/docker.ts";
import { judgeMade } from "../../../controller/reconcile/judge-made.ts";
import type { MadeContainer, MadeService } from "../../../controller/status/record.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const NETWORK: Attachment = {
  network: "shop_default",
  networkId: "n1",
  aliases: ["shop-web-1", "web"],
  special: false,
};
const FRONT: Attachment = { network: "front", networkId: "n2", aliases: ["web"], special: false };

const CONTAINER: ObservedContainer = fakeContainer("c1", {
  name: "shop-web-1",
  attachments: [NETWORK],
  settings: { memory: 64 << 20 },
});

const FACTS: MadeContainer = {
  name: "shop-web-1",
  configHash: "hash",
  composeVersion: "2.40.3",
  shape: "shape",
  attachments: [NETWORK],
  settings: { memory: 64 << 20 },
};

const MADE: MadeService = {
  configHash: "hash",
  image: "busybox",
  imageId: "sha256:1",
  containers: ["c1"],
  gated: [],
  made: { c1: FACTS },
};

interface Case {
  readonly name: string;
  /** How the container differs from what was made. */
  readonly now?: Partial<ObservedContainer>;
  readonly made?: Partial<MadeService> | undefined;
  readonly facts?: Partial<MadeContainer>;
  readonly fixedMac?: boolean;
  /** `KIND: EXPECTED → ACTUAL, by ACT`. */
  readonly differs: readonly string[];
  readonly fresh?: boolean;
}

const cases: readonly Case[] = [
  { name: "a container as it was made", differs: [] },
  {
    name: "a changed limit",
    now: { settings: { memory: 128 << 20, restart: "always" } },
    differs: ["Modified: memory 64 MiB, restart no → memory 128 MiB, restart always, by recreate"],
  },
  {
    name: "a limit that was taken away, and one that is no whole unit",
    now: { settings: { "memory-swap": -1, cpus: 0.5 } },
    facts: { settings: { memory: 6_000_001 } },
    differs: [
      "Modified: cpus unset, memory 6000001 B, memory-swap unset → cpus 0.5, memory unset, memory-swap unlimited, by recreate",
    ],
  },
  {
    name: "another name",
    now: { name: "mine" },
    differs: ['Modified: name "shop-web-1" → name "mine", by rename'],
  },
  {
    name: "another name and another limit, as one",
    now: { name: "mine", settings: {} },
    differs: ['Modified: name "shop-web-1", memory 64 MiB → name "mine", memory unset, by recreate'],
  },
  {
    name: "another name where the old one is not known in full",
    now: { name: "mine" },
    facts: { name: "shop-***" },
    differs: ['Modified: name "shop-***" → name "mine", by recreate'],
  },
  {
    name: "a network that it was taken off",
    now: { attachments: [] },
    differs: [
      'NetworkDetached: attached to network "shop_default" → not attached to network "shop_default", by attach',
    ],
  },
  {
    name: "a network that only Compose can attach it to as it was: a special endpoint",
    now: { attachments: [] },
    facts: { attachments: [{ ...NETWORK, special: true }] },
    differs: [
      'NetworkDetached: attached to network "shop_default" → not attached to network "shop_default", by recreate',
    ],
  },
  {
    name: "a network that only Compose can attach it to as it was: a hardware address",
    now: { attachments: [] },
    fixedMac: true,
    differs: [
      'NetworkDetached: attached to network "shop_default" → not attached to network "shop_default", by recreate',
    ],
  },
  {
    name: "a further network",
    now: { attachments: [FRONT, NETWORK] },
    differs: ['NetworkChanged: not attached to network "front" → attached to network "front", by detach'],
  },
  {
    name: "another network in the place of its own",
    now: { attachments: [FRONT] },
    differs: [
      'NetworkDetached: attached to network "shop_default" → not attached to network "shop_default", by attach',
      'NetworkChanged: not attached to network "front" → attached to network "front", by detach',
    ],
  },
  {
    name: "its network made anew, and attached by hand",
    now: { attachments: [{ ...NETWORK, networkId: "n9", aliases: [] }] },
    differs: [
      'NetworkChanged: attached to network "shop_default" as it was made → attached to another network of the name "shop_default", by recreate',
    ],
  },
  {
    name: "attached again by hand, without its names",
    now: { attachments: [{ ...NETWORK, aliases: [] }] },
    differs: [
      'NetworkChanged: in network "shop_default" as "shop-web-1", "web" → in network "shop_default" without a name of its own, by reattach',
    ],
  },
  {
    name: "attached again by hand, without its address",
    now: { attachments: [NETWORK] },
    facts: { attachments: [{ ...NETWORK, ipv4: "10.1.0.9" }] },
    differs: [
      'NetworkChanged: in network "shop_default" as "shop-web-1", "web" at 10.1.0.9 → in network "shop_default" as "shop-web-1", "web", by reattach',
    ],
  },
  // what is no drift
  {
    name: "nothing where nothing was ever made",
    made: undefined,
    now: { configHash: "other", name: "mine" },
    differs: [],
  },
  {
    name: "nothing where the engine does not show the container",
    now: { shape: "", attachments: [], settings: {} },
    differs: [],
  },
  {
    name: "nothing by an older record, and takes it for what was made",
    now: { name: "mine", settings: {}, attachments: [] },
    made: { made: undefined as never },
    differs: [],
    fresh: true,
  },
  {
    name: "nothing of a hash that ConOps itself writes otherwise by now",
    now: { configHash: "hash, by another key" },
    differs: [],
    fresh: true,
  },
  {
    name: "nothing of the engine's own bridge, which it makes anew at each start",
    now: { attachments: [{ network: "bridge", networkId: "b2", aliases: [], special: false }] },
    facts: { attachments: [{ network: "bridge", networkId: "b1", aliases: [], special: false }] },
    differs: [],
  },
  {
    name: "nothing of a network that it was not attached to yet when it was looked at",
    facts: { attachments: [{ ...NETWORK, networkId: "" }] },
    differs: [],
  },
  {
    name: "a container that somebody made from another configuration",
    now: { id: "c2", configHash: "other" },
    differs: ["ConfigChanged: configuration hash → configuration other, by recreate"],
  },
  {
    name: "one that somebody made from another configuration, by an older record",
    now: { configHash: "other" },
    made: { made: undefined as never },
    differs: ["ConfigChanged: configuration hash → configuration other, by recreate"],
  },
  {
    name: "nothing of one that somebody made alike, whatever its name, place and addresses are",
    now: {
      id: "c2",
      name: "shop-web-2",
      attachments: [{ ...NETWORK, networkId: "n9", aliases: ["web", "x"] }],
    },
    differs: [],
    fresh: true,
  },
  {
    name: "nothing of one that another Compose made from the same files, with a hash of its own",
    now: { id: "c2", configHash: "other", composeVersion: "2.26.1" },
    differs: [],
    fresh: true,
  },
  {
    name: "one that another Compose made from other files",
    now: { id: "c2", configHash: "other", composeVersion: "2.26.1", shape: "other" },
    differs: ["ConfigChanged: configuration hash → configuration other, by recreate"],
  },
  {
    name: "what was changed of one that somebody made alike",
    now: { id: "c2", settings: {}, attachments: [FRONT] },
    differs: [
      "Modified: memory 64 MiB → memory unset, by recreate",
      'NetworkDetached: attached to network "shop_default" → not attached to network "shop_default", by recreate',
      'NetworkChanged: not attached to network "front" → attached to network "front", by detach',
    ],
  },
];

describe("judgeMade() finds", () => {
  for (const { name, now = {}, facts = {}, fixedMac = false, differs, fresh = false, ...of } of cases) {
    it(name, () => {
      const { made: change } = "made" in of ? of : { made: {} };
      const made = change && { ...MADE, made: { c1: { ...FACTS, ...facts } }, ...change };

      const verdict = judgeMade({ ...CONTAINER, ...now }, { fixedMac }, made);

      expect(
        verdict.differences.map(
          ({ kind, expected, actual, repair }) => `${kind}: ${expected} → ${actual}, by ${repair.act}`,
        ),
      ).to.deep.equal(differs);
      expect(verdict.fresh).to.equal(fresh);
    });
  }
});
