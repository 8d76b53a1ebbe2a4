import { expect } from "chai";
import fc from "fast-check";
import type { RepositoryMount } from "../../../controller/compose/compose.ts";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import {
  afterUpdate,
  beforeUpdate,
  givenTo,
  isSameFolder,
  mountsOf,
  otherMounts,
  toldOf,
} from "../../../controller/reconcile/given-files.ts";
import type { FilesRecord } from "../../../controller/status/record.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const entry = (path: string, blob: string) => ({ path, mode: "100644", blob }) as const;
const mount = (
  name: string,
  how: RepositoryMount["how"],
  more: Partial<RepositoryMount> = {},
): RepositoryMount => ({ name, how, paths: [name], ...more });

describe("mountsOf()", () => {
  const ENTRIES = [entry("conf/a", "1"), entry("conf/b", "2"), entry("single", "3"), entry("README", "4")];
  const valuesOf = (mounts: readonly RepositoryMount[], entries = ENTRIES) =>
    mountsOf({ web: mounts }, entries, (text) => `keyed ${text}`)["web"] ?? {};

  it("says of a folder and of a file how they arrive, and changes with their blobs alone", () => {
    const mounts = [mount("conf", "folder"), mount("single", "file")];
    const before = valuesOf(mounts);
    const after = valuesOf(mounts, [...ENTRIES.slice(1), entry("conf/a", "other"), entry("README", "other")]);

    expect(otherMounts(before, after)).to.deep.equal(["conf"]);
    expect(before["conf"]).to.match(/^folder conf:[0-9a-f]{64}$/);
    expect(before["single"]).to.match(/^file single:[0-9a-f]{64}$/);
  });

  it("counts where a link leads, and what a path is called", () => {
    const linked = [mount("link", "file", { paths: ["link", "single"] })];
    expect(
      otherMounts(valuesOf(linked), valuesOf(linked, [entry("link", "1"), entry("single", "9")])),
    ).to.deep.equal(["link"]);

    const moved = (path: string) => valuesOf([mount("configs.c", "file", { paths: [path] })]);
    expect(otherMounts(moved("conf/a"), moved("single"))).to.deep.equal(["configs.c"]);
  });

  it("keeps what is written in a Compose file as a keyed digest", () => {
    expect(valuesOf([mount("configs.c", "copy", { paths: [], content: "x:y" })])).to.deep.equal({
      "configs.c": "copy:keyed x:y",
    });
  });
});

describe("what a container was given", () => {
  const web = (id: string, startedAt = 1): ObservedContainer => fakeContainer(id, { startedAt });
  const values = (file: string, folder: string, copy: string) => ({
    file: `file file:${file}`,
    folder: `folder folder:${folder}`,
    copy: `copy:${copy}`,
  });
  const OLD = values("1", "1", "1");
  const NEW = values("2", "1", "2");
  const update = (
    files: FilesRecord | undefined,
    before: readonly ObservedContainer[],
    after = before,
    wanted: Record<string, string> = NEW,
    changed: readonly string[] = [],
  ): FilesRecord => {
    const changes = (_service: string, name: string): boolean => changed.includes(name);
    return afterUpdate(beforeUpdate(files, before, { wanted: { web: wanted }, changes }), after, {
      web: wanted,
    });
  };
  const KNOWN: FilesRecord = { checkout: { web: OLD }, given: {} };

  it("is what the checkout held, as long as it has not started since", () => {
    const files = update(KNOWN, [web("a")]);

    expect(givenTo(web("a"), files)).to.deep.equal(OLD);
    expect(otherMounts(givenTo(web("a"), files), NEW)).to.deep.equal(["file", "copy"]);
    expect(givenTo(web("made-since"), files)).to.deep.equal(NEW);
  });

  it("is the new file after a start, but what was copied in when it was made stays", () => {
    const files = update(KNOWN, [web("a")]);

    expect(otherMounts(givenTo(web("a", 2), files), NEW)).to.deep.equal(["copy"]);
  });

  it("is the old file after a start, where it comes from another path by now", () => {
    const wanted = { ...NEW, file: "file other:2" };
    const files = update(KNOWN, [web("a")], [web("a")], wanted);

    expect(otherMounts(givenTo(web("a", 2), files), wanted)).to.deep.equal(["file", "copy"]);
  });

  it("is uncertain, and so another, when it started while the files changed", () => {
    const files = update(KNOWN, [web("a")], [web("a", 2), web("b")]);

    expect(otherMounts(givenTo(web("a", 2), files), NEW)).to.deep.equal(["file", "copy"]);
    expect(otherMounts(givenTo(web("b"), files), NEW)).to.deep.equal(["file", "copy"]);
    expect(givenTo(web("b"), files)?.["folder"]).to.equal(OLD.folder);
  });

  it("is unknown before the first update, and no drift", () => {
    expect(givenTo(web("a"), undefined)).to.equal(undefined);
    expect(otherMounts(undefined, NEW)).to.deep.equal([]);
    expect(otherMounts(OLD, undefined)).to.deep.equal([]);
    expect(otherMounts({}, NEW)).to.deep.equal([]);
  });

  it("is told, where nothing was recorded, by what the first update writes", () => {
    const files = update(undefined, [web("a")], [web("a")], NEW, ["file"]);

    expect(otherMounts(givenTo(web("a"), files), NEW)).to.deep.equal(["file"]);
    expect(otherMounts(givenTo(web("b"), files), NEW)).to.deep.equal([]);
  });

  it("is forgotten with the container, and renewed by a signal", () => {
    const files = update(KNOWN, [web("a"), web("gone")], [web("a")]);

    expect(Object.keys(files.given)).to.deep.equal(["a"]);
    expect(givenTo(web("a"), toldOf(files, web("a"), NEW))).to.deep.equal(NEW);
  });

  it("is of a folder that may have been another one when it held nothing, or was uncertain", () => {
    const nothing = mountsOf({ web: [mount("conf", "folder")] }, [], String)["web"]?.["conf"] ?? "";
    const some = mountsOf({ web: [mount("conf", "folder")] }, [entry("conf/a", "1")], String);

    expect(isSameFolder(nothing)).to.equal(false);
    expect(isSameFolder("folder conf:mixed")).to.equal(false);
    expect(isSameFolder(some["web"]?.["conf"] ?? "")).to.equal(true);
  });

  it("is never taken for what it is not, whatever is started, made, removed or broken off meanwhile", () => {
    const value = fc.integer({ min: 0, max: 2 });
    const act = fc.oneof(
      fc.record({
        act: fc.constant("update" as const),
        to: fc.tuple(value, value),
        /** After how many of its steps the controller dies; more than there are: not at all. */
        diesAfter: fc.integer({ min: 0, max: 5 }),
        /** Started, or made, between its steps. */
        between: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      }),
      fc.record({ act: fc.constant("start" as const), which: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ act: fc.constant("remove" as const), which: fc.integer({ min: 0, max: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        const disk = { file: 0, copy: 0 };
        const containers = new Map<string, ObservedContainer & { has: { file: number; copy: number } }>();
        /** Ids of those that were started while it was uncertain what they would get. */
        const unsure = new Set<string>();
        let files = afterUpdate(undefined, [], { web: values("0", "0", "0") });
        let clock = 0;
        let settled = true;
        /** An id is never given twice. */
        const removed = [0, 0, 0, 0];
        const idOf = (which: number): string => `c${which}-${removed[which]}`;
        const start = (which: number): void => {
          const id = idOf(which);
          clock += 1;
          const copy = containers.get(id)?.has.copy ?? disk.copy;
          containers.set(id, { ...web(id, clock), has: { file: disk.file, copy } });
          if (!settled) unsure.add(id);
        };
        for (const one of acts) {
          if (one.act === "start") start(one.which);
          else if (one.act === "remove") {
            containers.delete(idOf(one.which));
            removed[one.which] = (removed[one.which] ?? 0) + 1;
          } else {
            const [file, copy] = one.to;
            const wanted = { web: values(String(file), "0", String(copy)) };
            const between = [...one.between];
            const changed = disk.file === file ? [] : ["file"];
            const steps = [
              () => {
                const changes = (_service: string, name: string): boolean => changed.includes(name);
                files = beforeUpdate(files, [...containers.values()], { wanted, changes });
                settled = false;
              },
              () => void (disk.file = file),
              () => void (disk.copy = copy),
              () => {
                files = afterUpdate(files, [...containers.values()], wanted);
                settled = true;
              },
            ];
            for (const step of steps.slice(0, one.diesAfter)) {
              step();
              const next = between.shift();
              if (next !== undefined) start(next);
            }
            if (one.diesAfter < steps.length) continue;
            for (const [id, container] of containers) {
              const others = otherMounts(givenTo(container, files), wanted.web);
              const differs = [
                ...(container.has.file === file ? [] : ["file"]),
                ...(container.has.copy === copy ? [] : ["copy"]),
              ];
              expect(others).to.include.members(differs);
              if (!unsure.has(id)) expect(others).to.deep.equal(differs);
            }
          }
        }
      }),
    );
  });
});
