import { expect } from "chai";
import { createDocker } from "../../../controller/docker/engine.ts";
import type { Docker } from "../../../controller/docker/docker.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { sha256 } from "../../../controller/lib/hash.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { docker as cli, requireEngine, TEST_IMAGE, uniqueProject } from "../../support/engine.ts";

describe("createDocker() on a real engine, which removes", function () {
  this.timeout(60_000);
  const { signal } = new AbortController();
  let docker: Docker;
  let name: string;

  before(async () => {
    await requireEngine();
    docker = createDocker({
      dockerHost: process.env["DOCKER_HOST"],
      clock: systemClock,
      log: silentLog,
      fingerprint: sha256,
    });
  });
  beforeEach(() => {
    name = uniqueProject();
  });

  it("a container that runs, leaves its volume, and minds no container that is gone", async () => {
    const id = (
      await cli(["run", "-d", "--name", name, "-v", `${name}:/data`, TEST_IMAGE, "sleep", "60"])
    ).trim();
    try {
      await docker.removeContainer(id, signal);
      await docker.removeContainer(id, signal);

      expect(await cli(["ps", "-aq", "--filter", `name=${name}`])).to.equal("");
      expect((await cli(["volume", "ls", "-q", "--filter", `name=${name}`])).trim()).to.equal(name);
    } finally {
      await cli(["rm", "-f", name]).catch(() => "");
      await cli(["volume", "rm", name]);
    }
  });

  it("a name of an image, and not the image while it has another, nor minds a name that is gone", async () => {
    const id = await docker.imageId(TEST_IMAGE, signal);
    const tag = `conops.local/${name}:1`;
    await docker.tagImage(id ?? "", tag, signal);
    expect(await docker.imageId(tag, signal)).to.equal(id);

    await docker.untagImage(tag, signal);
    await docker.untagImage(tag, signal);

    expect(await docker.imageId(tag, signal)).to.equal(undefined);
    expect(await docker.imageId(TEST_IMAGE, signal)).to.equal(id);
  });
});
