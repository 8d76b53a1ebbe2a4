import { expect } from "chai";
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../../controller/config.ts";
import { lead, type Leadership } from "../../../controller/leadership.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import type { Log } from "../../../controller/lib/log.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createMetrics } from "../../../controller/telemetry/metrics.ts";

describe("Who leads", () => {
  let base: string;
  const stop = new AbortController();
  const leaders: Leadership[] = [];

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-lead-"));
    await mkdir(join(base, "manifests"));
  });
  after(async () => {
    stop.abort(new Error("the test is over"));
    for (const leader of leaders) await leader.close();
    await rm(base, { recursive: true, force: true });
  });

  async function start(): Promise<{ leader: Leadership; address: string }> {
    let address = "";
    const log: Log = {
      ...silentLog,
      info: (message, fields) => {
        if (message === "listening") address = String(fields?.["address"]);
      },
    };
    const config = readConfig(
      { manifests: join(base, "manifests"), dataDir: join(base, "data"), http: "127.0.0.1:0" },
      { env: {}, cwd: base, isTTY: false },
    );
    const leader = await lead(config, {
      log,
      clock: systemClock,
      metrics: createMetrics(),
      signal: stop.signal,
    });
    leaders.push(leader);
    return { leader, address };
  }

  async function post(address: string): Promise<string> {
    const response = await fetch(`http://${address}/hooks/github`, { method: "POST", body: "{}" });
    return `${response.status} ${(await response.text()).trim()}`;
  }

  it("takes deliveries once there is somebody for them, and a standby none until it leads", async () => {
    const first = await start();
    expect(await post(first.address)).to.equal("503 starting");
    first.leader.receive(() => Promise.resolve({ status: 202, body: "ok\n" }));
    expect(await post(first.address)).to.equal("202 ok");

    const second = await start();
    second.leader.receive(() => Promise.resolve({ status: 202, body: "taken by the standby\n" }));
    expect(await post(second.address)).to.equal("503 standby");

    first.leader.receive(undefined);
    first.leader.ready(() => undefined);
    expect(await post(first.address)).to.equal("503 not taking deliveries");
    await first.leader.close();
    expect(await second.leader.elected).to.equal(true);
    expect(await post(second.address)).to.equal("202 taken by the standby");
  });
});
