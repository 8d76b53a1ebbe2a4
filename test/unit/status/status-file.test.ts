import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type {
  ApplicationDocument,
  ApplicationStatus,
  ReceiverDocument,
  SecretDocument,
} from "../../../controller/api/status.ts";
import type { LogFields } from "../../../controller/lib/log.ts";
import { parseStatusFile } from "../../../controller/status/read-status.ts";
import { createStatusPublisher } from "../../../controller/status/status-file.ts";
import type { StatusPublisher } from "../../../controller/status/status-file.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

function statusOf(name: string, patch: Partial<ApplicationStatus> = {}): ApplicationDocument {
  return {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Application",
    metadata: { name, generation: 1 },
    status: {
      observedGeneration: 1,
      observedSpecHash: "hash",
      phase: "Synced",
      sync: { status: "Synced" },
      health: { status: "Healthy", services: [] },
      drift: [],
      history: [],
      conditions: [],
      ...patch,
    },
  };
}

function secretStatus(name: string): SecretDocument {
  return {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Secret",
    metadata: { name, uid: "u1", generation: 3, creationTimestamp: "2026-01-01T00:00:00Z" },
    status: {
      observedGeneration: 3,
      type: "Opaque",
      fields: [{ name: "db", keyID: "3f9a1c2b", sealedAt: "2026-01-01T00:00:00Z" }],
      usedBy: ["Application/shop"],
      conditions: [],
    },
  };
}

function receiverStatus(name: string): ReceiverDocument {
  return {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Receiver",
    metadata: { name, generation: 1 },
    status: { observedGeneration: 1, observedSpecHash: "hash", path: `/hooks/${name}`, conditions: [] },
  };
}

describe("createStatusPublisher()", () => {
  let parent: string;
  let dir: string;
  let logged: { readonly level: string; readonly message: string; readonly fields: LogFields | undefined }[];
  const clock = createFakeClock();

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "conops-status-"));
    dir = join(parent, "manifests");
    await mkdir(dir);
    logged = [];
  });

  afterEach(() => rm(parent, { recursive: true, force: true }));

  function create(): StatusPublisher {
    const at = (level: string) => (message: string, fields?: LogFields) => {
      logged.push({ level, message, fields });
    };
    const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
    return createStatusPublisher({ registryDir: dir, log, clock });
  }

  const at = (file: string, document = 0) => ({ file, document });
  const read = (file: string): Promise<string> => readFile(join(dir, file), "utf8");
  const stampOf = async (file: string): Promise<string> => {
    const { ino, mtimeNs } = await stat(join(dir, file), { bigint: true });
    return `${ino}:${mtimeNs}`;
  };
  const namesIn = async (file: string): Promise<readonly unknown[]> =>
    parseAllDocuments(await read(file)).map(
      (document) => (document.toJS() as { metadata: { name: string } }).metadata.name,
    );

  it("writes the status beside its manifest, readable for everybody, with a line that says whose it is", async () => {
    await create().publish("shop", at("apps/shop.yml"), statusOf("shop"));

    expect((await stat(join(dir, "apps/shop.status.yaml"))).mode & 0o777).to.equal(0o644);
    expect(await read("apps/shop.status.yaml")).to.equal(
      `# Written by ConOps: what it observed. Edits here are overwritten. See docs/status.md.
apiVersion: conops.dev/v1alpha1
kind: Application
metadata:
  name: shop
  generation: 1
status:
  observedGeneration: 1
  observedSpecHash: hash
  phase: Synced
  sync:
    status: Synced
  health:
    status: Healthy
    services: []
  drift: []
  history: []
  conditions: []
`,
    );
  });

  it("writes nothing when nothing changed, whatever the order of the keys", async () => {
    const publisher = create();
    await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));
    const before = await stampOf("shop.status.yaml");
    const { conditions, history, drift, health, sync, ...rest } = statusOf("shop").status;
    const turned = { ...statusOf("shop"), status: { conditions, history, drift, health, sync, ...rest } };

    await publisher.publish("shop", at("shop.yaml"), turned);

    expect(await stampOf("shop.status.yaml")).to.equal(before);
  });

  it("keeps one document for each resource of the file, in the manifest's order", async () => {
    const publisher = create();

    await Promise.all([
      publisher.publish("c", at("all.yaml", 5), statusOf("c")),
      publisher.publish("a", at("all.yaml", 0), statusOf("a")),
      publisher.publish("b", at("all.yaml", 2), statusOf("b")),
    ]);

    expect(await namesIn("all.status.yaml")).to.deep.equal(["a", "b", "c"]);
  });

  it("removes the file with its last document", async () => {
    const publisher = create();
    await publisher.publish("a", at("all.yaml", 0), statusOf("a"));
    await publisher.publish("b", at("all.yaml", 1), statusOf("b"));

    await publisher.remove("a");
    const left = await namesIn("all.status.yaml");
    await publisher.remove("b");

    expect(left).to.deep.equal(["b"]);
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it("takes the document along when the manifest moves to another file", async () => {
    const publisher = create();
    await publisher.publish("a", at("all.yaml", 0), statusOf("a"));
    await publisher.publish("b", at("all.yaml", 1), statusOf("b"));

    await publisher.publish("b", at("b.yaml"), statusOf("b"));

    expect(await namesIn("all.status.yaml")).to.deep.equal(["a"]);
    expect(await namesIn("b.status.yaml")).to.deep.equal(["b"]);
  });

  it("takes the document along when the manifest moved while no controller ran", async () => {
    const first = create();
    await first.publish("a", at("all.yaml", 0), statusOf("a"));
    await first.publish("b", at("all.yaml", 1), statusOf("b"));
    const second = create();
    await second.load();

    await second.publish("b", at("b.yaml"), statusOf("b"));

    expect(await namesIn("all.status.yaml")).to.deep.equal(["a"]);
    expect(await namesIn("b.status.yaml")).to.deep.equal(["b"]);
  });

  it("writes nothing after a restart in which nothing changed", async () => {
    const first = create();
    await first.publish("a", at("all.yaml", 0), statusOf("a"));
    await first.publish("b", at("all.yaml", 3), statusOf("b"));
    const before = await stampOf("all.status.yaml");
    const second = create();
    await second.load();

    await second.publish("b", at("all.yaml", 3), statusOf("b"));
    await second.publish("a", at("all.yaml", 0), statusOf("a"));

    expect(await stampOf("all.status.yaml")).to.equal(before);
  });

  const damages: readonly { readonly name: string; readonly damage: () => Promise<void> }[] = [
    { name: "deleted by hand", damage: () => rm(join(dir, "shop.status.yaml")) },
    { name: "damaged", damage: () => writeFile(join(dir, "shop.status.yaml"), "status: {") },
    { name: "emptied", damage: () => writeFile(join(dir, "shop.status.yaml"), "") },
    {
      name: "replaced by another",
      async damage() {
        await writeFile(join(dir, ".new"), "kind: Other\n");
        await rename(join(dir, ".new"), join(dir, "shop.status.yaml"));
      },
    },
  ];
  for (const { name, damage } of damages) {
    it(`writes a file again that was ${name}`, async () => {
      const publisher = create();
      await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));
      const text = await read("shop.status.yaml");
      await damage();

      await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));

      expect(await read("shop.status.yaml")).to.equal(text);
    });
  }

  for (const [name, put] of [
    ["a link to another file", (path: string) => symlinkSync(join(parent, "victim"), path)],
    ["a link to a device without end", (path: string) => symlinkSync("/dev/zero", path)],
    ["a pipe that nobody writes to", (path: string) => void execFileSync("mkfifo", [path])],
  ] as const) {
    it(`writes a file in the place of ${name}, and neither reads nor writes what stood there`, async () => {
      await writeFile(join(parent, "victim"), "mine");
      const publisher = create();
      await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));
      await rm(join(dir, "shop.status.yaml"));
      put(join(dir, "shop.status.yaml"));

      const seen = await publisher.exists("shop");
      await publisher.publish("shop", at("shop.yaml"), statusOf("shop", { phase: "Degraded" }));

      expect(seen).to.equal(true);
      expect((await lstat(join(dir, "shop.status.yaml"))).isFile()).to.equal(true);
      expect(await read("shop.status.yaml")).to.include("phase: Degraded");
      expect(await readFile(join(parent, "victim"), "utf8")).to.equal("mine");
    });
  }

  it("leaves alone what it finds and nobody publishes", async () => {
    await create().publish("old", at("old.yaml"), statusOf("old"));
    await writeFile(join(dir, "mine.status.yaml"), "kind: Mine\n");
    const publisher = create();
    await publisher.load();

    await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));

    expect((await readdir(dir)).toSorted()).to.deep.equal([
      "mine.status.yaml",
      "old.status.yaml",
      "shop.status.yaml",
    ]);
    expect(logged).to.deep.equal([
      {
        level: "debug",
        message: "not a status file of ConOps: left alone",
        fields: { file: "mine.status.yaml" },
      },
    ]);
  });

  it("removes what it found of a resource that is gone", async () => {
    await create().publish("old", at("old.yaml"), statusOf("old"));
    const publisher = create();
    await publisher.load();

    await publisher.remove("old");

    expect(await readdir(dir)).to.deep.equal([]);
  });

  it("knows a document without a name of its own again", async () => {
    const first = create();
    await first.publish("shop.yaml#0", at("shop.yaml"), statusOf("shop.yaml#0"));
    const second = create();
    await second.load();

    await second.publish("shop.yaml#0", at("shop.yaml"), statusOf("shop.yaml#0", { phase: "Error" }));

    expect(await namesIn("shop.status.yaml")).to.deep.equal(["shop.yaml#0"]);
  });

  describe("of several kinds", () => {
    it("has one document for each resource of a file, in the manifest's order, also where names are the same", async () => {
      const publisher = create();
      await publisher.publish("receiver/shop", at("shop.yaml", 2), receiverStatus("shop"));
      await publisher.publish("secret/shop", at("shop.yaml", 0), secretStatus("shop"));
      await publisher.publish("shop", at("shop.yaml", 1), statusOf("shop"));

      expect(parseStatusFile(await read("shop.status.yaml"))).to.deep.equal([
        secretStatus("shop"),
        statusOf("shop"),
        receiverStatus("shop"),
      ]);

      await publisher.remove("shop");

      expect(parseStatusFile(await read("shop.status.yaml")).map(({ kind }) => kind)).to.deep.equal([
        "Secret",
        "Receiver",
      ]);
    });

    it("writes the fields of each kind in an order of its own", async () => {
      const publisher = create();
      const { status, ...rest } = secretStatus("shop");
      const { conditions, usedBy = [], fields, type, observedGeneration } = status;
      const turned = { conditions, usedBy, fields, type, observedGeneration };
      await publisher.publish("secret/shop", at("shop.yaml", 0), { ...rest, status: turned });
      await publisher.publish("receiver/shop", at("shop.yaml", 1), receiverStatus("shop"));

      expect(await read("shop.status.yaml")).to.equal(
        `# Written by ConOps: what it observed. Edits here are overwritten. See docs/status.md.
apiVersion: conops.dev/v1alpha1
kind: Secret
metadata:
  name: shop
  uid: u1
  generation: 3
  creationTimestamp: "2026-01-01T00:00:00Z"
status:
  observedGeneration: 3
  type: Opaque
  fields:
    - name: db
      keyID: 3f9a1c2b
      sealedAt: "2026-01-01T00:00:00Z"
  usedBy:
    - Application/shop
  conditions: []
---
apiVersion: conops.dev/v1alpha1
kind: Receiver
metadata:
  name: shop
  generation: 1
status:
  observedGeneration: 1
  observedSpecHash: hash
  path: /hooks/shop
  conditions: []
`,
      );
    });

    it("writes nothing after a restart in which nothing changed, and gives back what it found", async () => {
      const first = create();
      await first.publish("shop", at("shop.yaml", 0), statusOf("shop"));
      await first.publish("secret/shop", at("shop.yaml", 1), secretStatus("shop"));
      const before = await stampOf("shop.status.yaml");
      const second = create();
      await second.load();
      const unclaimed = second.unclaimed().map(({ key, place }) => `${key} ${place.file}#${place.document}`);
      const found = second.previous("secret/shop");

      await second.publish("secret/shop", at("shop.yaml", 1), secretStatus("shop"));
      await second.publish("shop", at("shop.yaml", 0), statusOf("shop"));

      expect(unclaimed).to.deep.equal(["shop shop.yaml#0", "secret/shop shop.yaml#1"]);
      expect(found).to.deep.equal(secretStatus("shop"));
      expect(await stampOf("shop.status.yaml")).to.equal(before);
    });

    it("gives back what was published last, and nothing of what was removed or never there", async () => {
      const publisher = create();
      await publisher.publish("secret/shop", at("shop.yaml"), secretStatus("shop"));
      const published = publisher.previous("secret/shop");
      await publisher.remove("secret/shop");

      expect(published).to.deep.equal(secretStatus("shop"));
      expect([publisher.previous("secret/shop"), publisher.previous("shop")]).to.deep.equal([
        undefined,
        undefined,
      ]);
    });

    it("gives back what can be understood of a document that was edited by hand", async () => {
      await create().publish("secret/shop", at("shop.yaml"), secretStatus("shop"));
      const text = await read("shop.status.yaml");
      await writeFile(
        join(dir, "shop.status.yaml"),
        text.replace(/^status:[^]*/m, "status: {type: 7, fields: [1, {name: a}], usedBy: [2]}\n"),
      );
      const publisher = create();
      await publisher.load();

      expect(publisher.previous("secret/shop")?.status).to.deep.equal({
        observedGeneration: -1,
        type: "Unknown",
        fields: [{ name: "a" }],
        conditions: [],
      });
    });

    it("leaves out a document of a kind that it does not know", async () => {
      await create().publish("shop", at("shop.yaml"), statusOf("shop"));
      const text = await read("shop.status.yaml");
      await writeFile(join(dir, "shop.status.yaml"), text.replace("kind: Application", "kind: Fleet"));
      const publisher = create();
      await publisher.load();

      expect(publisher.unclaimed()).to.deep.equal([]);
      expect(parseStatusFile(await read("shop.status.yaml"))).to.deep.equal([]);
    });
  });

  it("says once that it cannot write, goes on, and writes when it can again", async () => {
    await rename(dir, `${dir}.away`);
    const publisher = create();
    await publisher.publish("a", at("a.yaml"), statusOf("a"));
    await publisher.publish("a", at("a.yaml"), statusOf("a", { phase: "Degraded" }));
    await publisher.publish("b", at("b.yaml"), statusOf("b"));
    const warnings = logged.filter(({ level }) => level === "warn").length;
    await rename(`${dir}.away`, dir);

    await clock.advance(30_000);
    await publisher.close();

    expect(warnings).to.equal(1);
    expect(await namesIn("a.status.yaml")).to.deep.equal(["a"]);
    expect(await namesIn("b.status.yaml")).to.deep.equal(["b"]);
    expect(logged.at(-1)?.message).to.equal("status files are written again");
  });

  it("never makes a registry that is absent", async () => {
    await rm(dir, { recursive: true });

    await create().publish("a", at("apps/a.yaml"), statusOf("a"));

    expect(await readdir(parent)).to.deep.equal([]);
  });

  it("tells of a deletion whose folder is gone, and leaves no folder behind", async () => {
    const publisher = create();
    await publisher.publish("a", at("apps/a.yaml"), statusOf("a", { phase: "Deleting" }));
    const names = await namesIn("apps/a.status.yaml");

    await publisher.remove("a");

    expect(names).to.deep.equal(["a"]);
    expect(await readdir(dir)).to.deep.equal([]);
  });

  describe("exists() and removedByHand()", () => {
    const both = async (publisher: StatusPublisher): Promise<readonly [boolean, boolean]> => [
      await publisher.exists("shop"),
      await publisher.removedByHand("shop"),
    ];
    const deleting = statusOf("shop", { phase: "Deleting" });

    it("know nothing of what was never published", async () => {
      expect(await both(create())).to.deep.equal([false, false]);
    });

    it("see a file that a person removed while it said Deleting", async () => {
      const publisher = create();
      await publisher.publish("shop", at("shop.yaml"), deleting);
      const before = await both(publisher);
      await rm(join(dir, "shop.status.yaml"));

      expect(before).to.deep.equal([true, false]);
      expect(await both(publisher)).to.deep.equal([false, true]);
    });

    it("see a document that a person took out of a file with several", async () => {
      const publisher = create();
      await publisher.publish("shop", at("all.yaml"), deleting);
      await publisher.publish("db", at("all.yaml", 1), statusOf("db"));
      const text = await read("all.status.yaml");
      await writeFile(join(dir, "all.status.yaml"), text.replace(/apiVersion[^]*?---\n/, ""));

      expect(await both(publisher)).to.deep.equal([false, true]);
    });

    it("see it after a restart, too", async () => {
      await create().publish("shop", at("shop.yaml"), deleting);
      const publisher = create();
      await publisher.load();
      const before = await both(publisher);
      await rm(join(dir, "shop.status.yaml"));

      expect(before).to.deep.equal([true, false]);
      expect(await both(publisher)).to.deep.equal([false, true]);
    });

    it("do not take a status that was removed together with the manifest for such a sign", async () => {
      const publisher = create();
      await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));
      await rm(join(dir, "shop.status.yaml"));

      expect(await both(publisher)).to.deep.equal([false, false]);
    });

    it("take a damaged file, a folder that is gone and an absent registry for no sign", async () => {
      const publisher = create();
      await publisher.publish("shop", at("apps/shop.yaml"), deleting);
      await writeFile(join(dir, "apps/shop.status.yaml"), "");
      const damaged = await both(publisher);
      await rm(join(dir, "apps"), { recursive: true });
      const folderGone = await both(publisher);
      await rm(dir, { recursive: true });
      const absent = await both(publisher);

      expect([damaged, folderGone, absent]).to.deep.equal([
        [true, false],
        [true, false],
        [true, false],
      ]);
    });
  });

  it("writes nothing after close()", async () => {
    const publisher = create();
    await publisher.close();

    await publisher.publish("shop", at("shop.yaml"), statusOf("shop"));

    expect(await readdir(dir)).to.deep.equal([]);
  });
});
