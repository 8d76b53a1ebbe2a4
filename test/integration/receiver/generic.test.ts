import { expect } from "chai";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { Push } from "../../../controller/api/push.ts";
import { hooksRoute } from "../../../controller/http/hooks.ts";
import { startServer, type Server } from "../../../controller/http/server.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createReceivers } from "../../../controller/receiver/receivers.ts";
import { createMetrics } from "../../../controller/telemetry/metrics.ts";

const run = promisify(execFile);
const TOKEN = "5f4dcc3b5aa765d61d8327deb882cf99 and a space";

describe("The commands in docs/webhooks.md", () => {
  const page = readFileSync(new URL("../../../docs/webhooks.md", import.meta.url), "utf8");
  /** But for where the page says whose address and token these are. */
  const commands = (/```sh\n([^]*?)```/.exec(page)?.[1] ?? "").replaceAll(/^(?:URL|TOKEN)=.*\n/gm, "");
  const looks: { name: string; pushes: readonly Push[] }[] = [];
  let server: Server;

  before(async () => {
    const spec = {
      type: "generic",
      secretRef: "hook",
      applications: ["blog"],
      matchRepository: true,
    } as const;
    const repoURL = "git@git.example.com:team/shop.git";
    const revision = { kind: "branch", name: "main" } as const;
    const receivers = createReceivers({
      receiver: (name) => (name === "generic" ? { name, spec } : undefined),
      token: () => TOKEN,
      applications: () => [{ name: "shop", spec: { source: { repoURL, revision } } }],
      look(name, pushes) {
        looks.push({ name, pushes });
        return "asked";
      },
      metrics: createMetrics().receivers,
      log: silentLog,
      clock: systemClock,
    });
    const routes = [hooksRoute(() => (request) => receivers.handle(request))];
    server = await startServer({ host: "127.0.0.1", port: 0, routes, log: silentLog });
  });
  after(() => server.close());

  function post(token: string): Promise<{ stdout: string; stderr: string }> {
    const env = { PATH: process.env["PATH"], TOKEN: token, URL: `http://${server.address}/hooks/generic` };
    return run("bash", ["-euc", commands], { env });
  }

  it("make a delivery that is accepted, with the right token only", async () => {
    const { stdout } = await post(TOKEN);
    const refused = await post("another").catch((error: unknown) => String(error));

    expect(stdout).to.equal("ok\n");
    expect(refused).to.contain("401");
    expect(looks).to.deep.equal([{ name: "shop", pushes: [{ ref: "refs/heads/main" }] }]);
  });
});
