import { expect } from "chai";
import type { ProjectObjects } from "../../../controller/docker/docker.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createDockerInformer } from "../../../controller/watch/docker-informer.ts";
import { createObjectCache } from "../../../controller/watch/docker-objects.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeDocker, fakeContainer } from "../../support/fake-docker.ts";

const NOTHING: ProjectObjects = { networks: [], volumes: [] };
const network = (project: string, id = "n1") => ({
  id,
  name: `${project}_default`,
  project,
  configHash: "h",
  composeVersion: "2.40.3",
});

describe("createObjectCache()", () => {
  const { signal } = new AbortController();

  it("knows of a project nothing before it, or all, were read", async () => {
    const clock = createFakeClock();
    const docker = createFakeDocker(clock);
    const cache = createObjectCache(docker, clock, silentLog);
    docker.setObjects({ networks: [network("shop"), network("blog")], volumes: [] });

    expect(cache.of("shop")).to.equal(undefined);
    await cache.read(signal, "shop");
    expect(cache.of("shop")?.networks).to.have.length(1);
    expect(cache.of("blog")).to.equal(undefined);
    expect([...(await cache.read(signal))].toSorted()).to.deep.equal(["blog"]);

    expect(cache.of("shop")).to.deep.equal({ networks: [network("shop")], volumes: [] });
    expect(cache.of("nobody")).to.deep.equal(NOTHING);
    expect([...(await cache.read(signal))]).to.deep.equal([]);
  });

  it("names the projects of which something is new, gone or other", async () => {
    const clock = createFakeClock();
    const docker = createFakeDocker(clock);
    const cache = createObjectCache(docker, clock, silentLog);
    docker.setObjects({ networks: [network("shop"), network("blog"), network("wiki")], volumes: [] });
    await cache.read(signal);

    docker.setObjects({ networks: [network("shop", "n2"), network("wiki"), network("news")], volumes: [] });
    expect([...(await cache.read(signal, "shop"))]).to.deep.equal(["shop"]);
    expect([...(await cache.read(signal))].toSorted()).to.deep.equal(["blog", "news"]);
  });

  it("does not let an older answer that comes later have the last word", async () => {
    const clock = createFakeClock();
    const docker = createFakeDocker(clock);
    const cache = createObjectCache(docker, clock, silentLog);
    const answers: ((objects: ProjectObjects) => void)[] = [];
    docker.listObjects = () => new Promise((resolve) => answers.push(resolve));
    const answer = (index: number, ...ids: readonly string[]): void =>
      answers[index]?.({ networks: ids.map((id) => network("shop", id)), volumes: [] });

    const [first, second, third] = [cache.read(signal), cache.read(signal), cache.read(signal, "shop")];
    answer(2, "third");
    await third;
    answer(1, "second");
    await second;
    answer(0, "first");
    await first;

    expect(cache.of("shop")?.networks.map(({ id }) => id)).to.deep.equal(["third"]);
    const fourth = cache.read(signal, "shop");
    answer(3, "fourth");
    await fourth;
    expect(cache.of("shop")?.networks.map(({ id }) => id)).to.deep.equal(["fourth"]);
  });

  it("knows nothing rather than what may be old, when they cannot be read or the connection ends", async () => {
    const clock = createFakeClock();
    const docker = createFakeDocker(clock);
    const cache = createObjectCache(docker, clock, silentLog);
    docker.setObjects({ networks: [network("shop")], volumes: [] });
    await cache.read(signal);

    docker.refuse("a volume driver hangs");
    expect([...(await cache.read(signal, "shop"))]).to.deep.equal([]);
    expect(cache.of("shop")).to.equal(undefined);
    docker.refuse(undefined);
    await cache.read(signal);
    expect(cache.of("shop")?.networks).to.have.length(1);
    cache.forget();
    expect(cache.of("shop")).to.equal(undefined);
  });
});

describe("createDockerInformer(): networks and volumes", () => {
  const setUp = () => {
    const clock = createFakeClock();
    const docker = createFakeDocker(clock);
    const changes: string[] = [];
    docker.put(fakeContainer("a"));
    docker.setObjects({ networks: [network("shop")], volumes: [] });
    const informer = createDockerInformer({
      docker,
      clock,
      random: () => 0,
      log: silentLog,
      onChange: (project) => changes.push(project),
      onEngine: () => {},
      signal: new AbortController().signal,
    });
    return { clock, docker, informer, changes };
  };

  it("are read once with the list, and again only after events of them, many as one", async () => {
    const { clock, docker, informer, changes } = setUp();
    await clock.advance(0);
    expect(informer.objects("shop")?.networks).to.have.length(1);
    expect(informer.engineVersion()).to.equal("26.1.5");
    expect(docker.objectLists()).to.equal(1);
    changes.splice(0);

    for (const action of ["start", "die", "pause"]) docker.emit("a", action);
    docker.emit("a", "connect", { type: "network" });
    await clock.advance(200_000);
    expect(docker.objectLists()).to.equal(1);

    docker.setObjects({ networks: [network("shop", "n2")], volumes: [] });
    docker.emit("", "destroy", { type: "network", project: "" });
    docker.emit("", "create", { type: "network", project: "" });
    docker.emit("", "create", { type: "volume", project: "" });
    await clock.advance(100);
    expect(docker.objectLists()).to.equal(2);
    expect(informer.objects("shop")?.networks.map(({ id }) => id)).to.deep.equal(["n2"]);
    expect(changes).to.deep.equal(["shop"]);
    await informer.close();
  });

  it("do not hold up the containers, nor a refresh that asks for them", async () => {
    const { clock, docker, informer } = setUp();
    docker.listObjects = () => Promise.reject(new Error("a volume driver hangs"));
    await clock.advance(0);

    expect(informer.hasSynced()).to.equal(true);
    expect(informer.objects("shop")).to.equal(undefined);
    const containers = await informer.refresh("shop", new AbortController().signal);
    expect(containers.map(({ id }) => id)).to.deep.equal(["a"]);
    expect(informer.objects("shop")).to.equal(undefined);
    await informer.close();
  });
});
