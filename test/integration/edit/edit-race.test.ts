import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { set, type Change } from "../../../controller/edit/change.ts";
import { editManifestFile, type EditedFile } from "../../../controller/edit/edit-file.ts";
import { EditError } from "../../../controller/edit/edit-error.ts";
import { SYSTEM, type System } from "../../../controller/edit/replace-file.ts";
import { systemClock } from "../../../controller/lib/clock.ts";

const SHOP =
  "apiVersion: conops.dev/v1alpha1\nkind: Application\nmetadata: {name: shop} # ours\nspec:\n  a: 1\n";
const SAVED = `${SHOP}# saved\n`;
const BOTH = SAVED.replace("  a: 1\n", "  a: 1\n  suspend: true\n");
const SUSPEND = [set(["spec", "suspend"], true)];

const SAVES = 60;

/** How a person's program saves a file, as shell functions cannot: in JavaScript, in a process of its own. */
const MANNERS: readonly { readonly manner: string; readonly system: System; readonly save: string }[] = [
  {
    manner: "by rename",
    system: SYSTEM,
    save: `fs.writeFileSync(path + ".new", text); fs.renameSync(path + ".new", path);`,
  },
  { manner: "in place", system: SYSTEM, save: `fs.writeFileSync(path, text);` },
  {
    manner: "in place, in slow pieces",
    system: SYSTEM,
    save: `const fd = fs.openSync(path, "w"); for (let i = 0; i < text.length; i += 40) { fs.writeSync(fd, text.slice(i, i + 40)); pause(2); } fs.closeSync(fd);`,
  },
  {
    manner: "as a backup and a new file",
    system: SYSTEM,
    save: `fs.renameSync(path, path + "~"); fs.writeFileSync(path, text);`,
  },
  {
    manner: "in place, without leases",
    system: { ...SYSTEM, lease: () => "none" },
    save: `fs.writeFileSync(path, text);`,
  },
];

describe("an edit loses no save that comes", () => {
  let dir: string;
  let path: string;
  let children: ChildProcess[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "conops-edit-"));
    path = join(dir, "shop.yaml");
    children = [];
    await writeFile(path, SHOP);
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(dir, { recursive: true });
  });

  function edit(
    options: { readonly system?: System; readonly changes?: readonly Change[] } = {},
  ): Promise<EditedFile> {
    const { changes = SUSPEND, system = SYSTEM } = options;
    const edits = [{ kind: "Application", name: "shop", changes }] as const;
    const signal = new AbortController().signal;
    return editManifestFile({ dir, file: "shop.yaml", edits, clock: systemClock, system }, signal);
  }

  /** A shell that runs beside this process. */
  function shell(script: string): ChildProcess {
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], cwd: dir });
    children.push(child);
    return child;
  }

  async function expectFile(text: string): Promise<void> {
    expect(await readFile(path, "utf8")).to.equal(text);
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).to.deep.equal([]);
  }

  /** Calls `act` once, right before the first exchange, or right after it. */
  function withSave(when: "before" | "after", act: () => void, base: System = SYSTEM): System {
    let isDone = false;
    const once = (): void => {
      if (!isDone) act();
      isDone = true;
    };
    return {
      ...base,
      exchange(a, b) {
        if (when === "before") once();
        const exchanged = base.exchange(a, b);
        if (when === "after") once();
        return exchanged;
      },
    };
  }
  const withoutLease: System = { ...SYSTEM, lease: () => "none" };
  const saveByRename = (text: string): void => {
    writeFileSync(join(dir, "save"), text);
    renameSync(join(dir, "save"), path);
  };
  const blockedShell = (script: string): ChildProcess => {
    const child = shell(script);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    return child;
  };

  it("by rename, right before the exchange", async () => {
    await edit({ system: withSave("before", () => saveByRename(SAVED)) });

    await expectFile(BOTH);
  });

  it("by rename, right after the exchange, over the edit", async () => {
    await edit({ system: withSave("after", () => saveByRename(SAVED)) });

    await expectFile(SAVED);
  });

  it("by rename twice, before and after the exchange", async () => {
    const later = SAVED.replace("saved", "saved again");
    const first = withSave("before", () => saveByRename(SAVED));
    await edit({ system: withSave("after", () => saveByRename(later), first) });

    await expectFile(BOTH.replace("saved", "saved again"));
  });

  it("as a removal, right before the exchange", async () => {
    const system = withSave("before", () => renameSync(path, join(dir, "away")));

    const error: unknown = await edit({ system }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(EditError);
    expect((error as EditError).message).to.equal(`Cannot edit "shop.yaml": is not there`);
    expect(await readdir(dir)).to.deep.equal(["away"]);
  });

  it("as a removal and a new file, as some editors save", async () => {
    const save = (): void => {
      renameSync(path, join(dir, "shop.yaml~"));
      writeFileSync(path, SAVED, { flag: "wx" });
    };
    await edit({ system: withSave("before", save) });

    await expectFile(BOTH);
  });

  it("in place, and finds the file leased", async () => {
    const act = (): void => void blockedShell(`printf '# saved\\n' >> shop.yaml; echo`);
    await edit({ system: withSave("before", act) });

    await expectFile(BOTH);
  });

  it("in place, emptying the file first, by a slow writer", async () => {
    await writeFile(join(dir, "save"), SAVED);
    const script = `{ head -c 60 save; sleep 0.5; tail -c +61 save; } > shop.yaml`;
    await edit({ system: withSave("before", () => void blockedShell(script)) });

    await expectFile(BOTH);
  });

  it("in place, by a writer that has the file open already", async () => {
    const child = shell(`exec 3>> shop.yaml; echo open; sleep 0.5; printf '# saved\\n' >&3`);
    await once(child.stdout as NodeJS.ReadableStream, "data");

    await edit();

    await expectFile(BOTH);
  });

  it("in place, where there are no leases", async () => {
    const fd = openSync(path, "a");
    try {
      await edit({ system: withSave("after", () => writeSync(fd, "# saved\n"), withoutLease) });
    } finally {
      closeSync(fd);
    }

    await expectFile(BOTH);
  });

  it("in place or by rename, where files cannot be exchanged", async () => {
    let saves = 0;
    const system: System = {
      lease: () => "none",
      exchange: () => {
        if (saves++ === 0) saveByRename(SAVED);
        return false;
      },
    };
    await edit({ system });
    await expectFile(BOTH);

    const fd = openSync(path, "a");
    setTimeout(() => {
      writeSync(fd, "# more\n");
      closeSync(fd);
    }, 50);
    await edit({ system, changes: [set(["spec", "a"], 5)] });

    await expectFile(`${BOTH.replace("a: 1", "a: 5")}# more\n`);
  });

  for (const { manner, system, save } of MANNERS) {
    it(`while both write again and again: ${manner}`, async function () {
      this.timeout(60_000);
      const lost: number[] = [];
      const child = writerOf(save, path);
      children.push(child);
      let last = 0;
      let edits = 0;
      const ended = once(child, "exit");
      child.stdout?.on("data", (chunk: Buffer) => {
        for (const line of chunk.toString().split("\n")) {
          const [word, number] = line.split(" ");
          if (word === "lost") lost.push(Number(number));
          if (word === "saved") last = Number(number);
        }
      });
      while (child.exitCode === null) await edit({ system, changes: [set(["spec", "edits"], ++edits)] });
      await ended;
      await edit({ system, changes: [set(["spec", "edits"], ++edits)] });

      expect(lost).to.deep.equal([]);
      expect(last).to.equal(SAVES);
      const text = readFileSync(path, "utf8");
      expect(text).to.match(new RegExp(`^# save ${SAVES} of many$`, "m"));
      expect(text).to.match(new RegExp(`^  edits: ${edits}$`, "m"));
      expect((await readdir(dir)).filter((name) => name.startsWith("."))).to.deep.equal([]);
      expect((await lstat(path)).nlink).to.equal(1);
      expect(edits).to.be.greaterThan(5);
    });
  }
});

/**
 * A process that saves the file again and again with a number in it, from the text as it found it last, and after each save
 * looks whether that stays: `saved N`, or `lost N` when it cannot be found for two seconds.
 */
function writerOf(save: string, path: string): ChildProcess {
  const script = `
    const fs = require("node:fs");
    const path = process.argv[1];
    const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    const read = () => { try { return fs.readFileSync(path, "utf8"); } catch { return ""; } };
    let base = read();
    for (let number = 1; number <= ${SAVES}; number++) {
      const text = base.replace(/# save.*\\n/g, "") + "# save " + number + " of many\\n";
      ${save}
      const end = Date.now() + 2000;
      let found = read();
      while (!found.includes("# save " + number + " of many\\n") && Date.now() < end) { pause(1); found = read(); }
      const isLost = !found.includes("# save " + number + " of many\\n");
      console.log((isLost ? "lost " : "saved ") + number);
      base = isLost ? text : found;
      pause(Math.random() * 60);
    }
  `;
  return spawn(process.execPath, ["-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
}
