import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import { isTemporaryName } from "../../../controller/lib/atomic-file.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { parseStatusFile } from "../../../controller/status/read-status.ts";
import { createStatusPublisher } from "../../../controller/status/status-file.ts";
import { bulkyStatus, isWhole } from "./bulky-status.ts";

const WRITER = fileURLToPath(new URL("./status-writer.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const KILLS = 8;

describe("a status publisher that is killed at any moment", function () {
  this.timeout(60_000);
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "conops-torn-"));
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function requireWhole(): Promise<number> {
    let seen = 0;
    for (const file of await readdir(dir)) {
      if (isTemporaryName(file)) continue;
      const text = await readFile(join(dir, file), "utf8").catch(() => undefined); // it may just have been removed
      if (text === undefined) continue;
      const documents = parseStatusFile(text);
      expect(documents.length, file).to.be.greaterThan(0);
      expect(documents.every(isWhole), `${file} is whole`).to.equal(true);
      seen += 1;
    }
    return seen;
  }

  it("leaves whole files, while it runs and after its death, and the next one goes on from there", async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = spawn(process.execPath, ["--import", TSX, WRITER, dir], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(writer, "exit");
      await once(writer.stdout, "data");
      const until = performance.now() + Math.random() * 150;
      let reads = 0;
      do reads += await requireWhole();
      while (performance.now() < until);
      writer.kill("SIGKILL");
      await exited;

      expect(reads).to.be.greaterThan(0);
      expect(await requireWhole()).to.be.greaterThan(0);
    }

    const publisher = createStatusPublisher({ registryDir: dir, log: silentLog, clock: systemClock });
    await publisher.load();
    await publisher.publish("a", { file: "one.yaml", document: 0 }, bulkyStatus("a", 1));
    await publisher.publish("b", { file: "one.yaml", document: 1 }, bulkyStatus("b", 1));
    await publisher.remove("c");

    const left = (await readdir(dir)).filter((file) => !isTemporaryName(file));
    expect(left).to.deep.equal(["one.status.yaml"]);
    const documents = parseStatusFile(await readFile(join(dir, "one.status.yaml"), "utf8"));
    expect(documents.map(({ metadata }) => metadata.name)).to.deep.equal(["a", "b"]);
  });
});
