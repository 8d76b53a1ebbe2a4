import { expect } from "chai";

import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import {
  createDockerInformer,
  type DockerInformerOptions,
} from "../../../controller/watch/docker-informer.ts";
import type { DockerInformer } from "../../../controller/watch/watch.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeDocker, fakeContainer } from "../../support/fake-docker.ts";

/** More than the window in which events are gathered. */
const A_MOMENT_MS = 20;

function setUp(options: Partial<DockerInformerOptions> = {}) {
  const clock = createFakeClock();
  const docker = createFakeDocker(clock);
  const changes: string[] = [];
  const turns: boolean[] = [];
  const start = (): DockerInformer =>
    createDockerInformer({
      docker,
      clock,
      random: () => 0,
      log: silentLog,
      onChange: (project) => changes.push(project),
      onEngine: (up) => turns.push(up),
      signal: new AbortController().signal,
      ...options,
    });
  /** What was reported since the last call. */
  const takeChanges = (): string[] => changes.splice(0);
  return { clock, docker, turns, start, takeChanges };
}

const namesOf = (containers: readonly ObservedContainer[]): string[] => containers.map(({ name }) => name);

describe("createDockerInformer()", () => {
  const informers: DockerInformer[] = [];
  const kept = (informer: DockerInformer): DockerInformer => {
    informers.push(informer);
    return informer;
  };
  afterEach(async () => {
    for (const informer of informers.splice(0)) await informer.close();
  });

  describe("the first list", () => {
    it("fills the cache, then reports each project once, then answers from the cache", async () => {
      const { clock, docker, turns, start, takeChanges } = setUp();
      docker.put(fakeContainer("b"));
      docker.put(fakeContainer("a"));
      docker.put(fakeContainer("c", { project: "blog" }));

      const informer = kept(start());
      expect(informer.hasSynced()).to.equal(false);
      await clock.advance(0);

      expect(informer.hasSynced()).to.equal(true);
      expect(namesOf(informer.project("shop"))).to.deep.equal(["a", "b"]);
      expect(namesOf(informer.project("nobody"))).to.deep.equal([]);
      expect(takeChanges()).to.have.members(["shop", "blog"]).and.have.length(2);
      expect(turns).to.deep.equal([true]);
      expect(informer.engineId()).to.equal("engine-1");
      expect(informer.down()).to.equal(undefined);
    });

    it("has the cache ready before anyone is told", async () => {
      let seen: string[] = [];
      const { clock, docker, start } = setUp({
        onChange: (project) => (seen = namesOf(informer.project(project))),
      });
      docker.put(fakeContainer("a"));
      const informer = kept(start());

      await clock.advance(0);

      expect(seen).to.deep.equal(["a"]);
    });

    it("subscribes before it lists, so that an event during the list is not lost", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      const listAll = docker.listAll.bind(docker);
      docker.listAll = async (signal) => {
        const list = await listAll(signal);
        docker.put(fakeContainer("a", { state: "exited", exitCode: 1 }));
        docker.emit("a", "die", { exitCode: 1 });
        await new Promise((resolve) => setImmediate(resolve));
        return list;
      };
      const informer = kept(start());

      await clock.advance(A_MOMENT_MS);

      expect(informer.project("shop")[0]?.state).to.equal("exited");
      expect(takeChanges()).to.deep.equal(["shop", "shop"]);
    });
  });

  describe("an event", () => {
    it("leads to one inspection of that container, and to a report when it changed", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      docker.put(fakeContainer("b"));
      const informer = kept(start());
      await clock.advance(0);
      takeChanges();

      docker.put(fakeContainer("a", { state: "paused" }));
      docker.emit("a", "pause");
      await clock.advance(A_MOMENT_MS);

      expect(docker.inspected).to.deep.equal(["a"]);
      expect(informer.project("shop").map(({ state }) => state)).to.deep.equal(["paused", "running"]);
      expect(takeChanges()).to.deep.equal(["shop"]);
    });

    it("is not reported when the container is as before", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a", { healthOutput: "refused at 12:00:01" }));
      kept(start());
      await clock.advance(0);
      takeChanges();

      docker.put(fakeContainer("a", { healthOutput: "refused at 12:00:02" }));
      docker.emit("a", "health_status: unhealthy");
      await clock.advance(A_MOMENT_MS);

      expect(docker.inspected).to.deep.equal(["a"]);
      expect(takeChanges()).to.deep.equal([]);
    });

    it("shares its inspection with others of the same container that come together", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      kept(start());
      await clock.advance(0);
      takeChanges();

      docker.put(fakeContainer("a", { state: "exited", exitCode: 143 }));
      for (const action of ["kill", "stop", "die", "update", "rename"]) docker.emit("a", action);
      await clock.advance(A_MOMENT_MS);

      expect(docker.inspected).to.deep.equal(["a"]);
      expect(takeChanges()).to.deep.equal(["shop"]);
    });

    it("during an inspection leads to one more", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a"));
      kept(start());
      await clock.advance(0);
      docker.freeze(true);
      docker.emit("a", "pause");
      await clock.advance(A_MOMENT_MS);

      docker.emit("a", "unpause");
      docker.emit("a", "pause");
      await clock.advance(A_MOMENT_MS);
      expect(docker.inspected).to.deep.equal(["a"]);
      docker.freeze(false);
      await clock.advance(A_MOMENT_MS);

      expect(docker.inspected).to.deep.equal(["a", "a"]);
    });

    it("of a new container brings it in, of a removed one takes it out", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      takeChanges();

      docker.put(fakeContainer("b"));
      docker.emit("b", "create");
      await clock.advance(A_MOMENT_MS);
      expect(namesOf(informer.project("shop"))).to.deep.equal(["a", "b"]);
      docker.emit("b", "destroy");
      docker.remove("b");
      await clock.advance(A_MOMENT_MS);

      expect(namesOf(informer.project("shop"))).to.deep.equal(["a"]);
      expect(takeChanges()).to.deep.equal(["shop", "shop"]);
    });

    it("of a container that is of no Compose project is passed over", async () => {
      const { clock, docker, start } = setUp();
      kept(start());
      await clock.advance(0);

      docker.emit("foreign", "start", { project: "" });
      docker.emit("foreign", "connect", { type: "network" });
      await clock.advance(A_MOMENT_MS);

      expect(docker.inspected).to.deep.equal([]);
    });

    it("of a hundred containers at once inspects each, at most eight at a time", async () => {
      const { clock, docker, start } = setUp();
      const informer = kept(start());
      await clock.advance(0);
      docker.freeze(true);
      for (let n = 0; n < 100; n++) {
        docker.put(fakeContainer(`c${n}`));
        docker.emit(`c${n}`, "create");
        docker.emit(`c${n}`, "start");
      }
      await clock.advance(A_MOMENT_MS);
      expect(docker.inspected).to.have.length(8);
      docker.freeze(false);
      for (let turn = 0; turn < 20; turn++) await clock.advance(A_MOMENT_MS);

      expect(informer.project("shop")).to.have.length(100);
      expect(new Set(docker.inspected)).to.have.property("size", 100);
      expect(docker.inspected).to.have.length(100);
    });
  });

  describe("a broken stream", () => {
    it("is reopened from the last event seen, without an alarm when the engine answers", async () => {
      const { clock, docker, turns, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(60_000);
      const last = docker.emit("a", "update");
      await clock.advance(A_MOMENT_MS);
      takeChanges();

      docker.put(fakeContainer("a", { state: "exited" }));
      docker.breakStreams();
      await clock.advance(0);

      expect(docker.sinces.at(-1)).to.equal(last.at);
      expect(takeChanges()).to.deep.equal(["shop"]);
      expect(turns).to.deep.equal([true]);
      expect(informer.down()).to.equal(undefined);
      expect(docker.openStreams()).to.equal(1);
    });

    it("reports after the next list every project that differs, also one whose containers vanished", async () => {
      const { clock, docker, turns, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      docker.put(fakeContainer("b", { project: "blog" }));
      docker.put(fakeContainer("c", { project: "calm" }));
      const informer = kept(start());
      await clock.advance(0);
      takeChanges();

      docker.refuse("Cannot reach the Docker engine: connection refused");
      docker.breakStreams();
      await clock.advance(60_000);
      docker.remove("a");
      docker.put(fakeContainer("b", { project: "blog", restartCount: 1 }));
      docker.refuse(undefined);
      await clock.advance(5000);

      expect(takeChanges()).to.have.members(["shop", "blog"]).and.have.length(2);
      expect(informer.project("shop")).to.deep.equal([]);
      expect(turns).to.deep.equal([true, false, true]);
    });

    it("says since when the engine is down and why, and keeps the old cache meanwhile", async () => {
      const { clock, docker, turns, start } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(60_000);

      docker.refuse("Cannot reach the Docker engine: the socket does not exist");
      docker.breakStreams();
      const since = clock.now();
      await clock.advance(120_000);

      expect(informer.down()).to.deep.equal({
        since,
        message: "Cannot reach the Docker engine: the socket does not exist",
      });
      expect(turns).to.deep.equal([true, false]);
      expect(namesOf(informer.project("shop"))).to.deep.equal(["a"]);
      expect(informer.hasSynced()).to.equal(true);
    });

    it("is retried after 200 ms, 400 ms and so on to 5 s, each shortened by up to a half", async () => {
      const { clock, docker, start } = setUp({ random: () => 0.999999 });
      docker.refuse("down");
      const attempts: number[] = [];
      const engine = docker.engine.bind(docker);
      docker.engine = (signal) => {
        attempts.push(Math.round(clock.monotonic()));
        return engine(signal);
      };

      kept(start());
      await clock.advance(17_000);

      expect(attempts).to.deep.equal([0, 200, 600, 1400, 3000, 6200, 11_200, 16_200]);
    });

    it("that breaks again and again is backed off from", async () => {
      const { clock, docker, start } = setUp();
      kept(start());
      await clock.advance(0);

      for (let second = 0; second < 60; second++) {
        docker.breakStreams();
        await clock.advance(1000);
      }

      expect(docker.lists()).to.be.lessThan(35);
    });

    it("leaves no stream and no timer behind after close", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a"));
      const informer = start();
      await clock.advance(0);
      docker.emit("a", "start");

      await informer.close();
      await clock.advance(0);

      expect(docker.openStreams()).to.equal(0);
      expect(clock.pending()).to.equal(0);
    });
  });

  describe("a silent engine", () => {
    it("is noticed by the missing answer to a ping, and listed again when it answers", async () => {
      const { clock, docker, turns, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      takeChanges();
      const engine = docker.engine.bind(docker);
      docker.engine = async (signal) => {
        const limit = new AbortController();
        clock.after(10_000, () => limit.abort(new Error("no answer within 10 s")));
        return engine(AbortSignal.any([signal, limit.signal]));
      };

      docker.freeze(true);
      await clock.advance(39_000);
      expect(informer.down()).to.equal(undefined);
      await clock.advance(1000);
      expect(informer.down()?.message).to.equal("no answer within 10 s");
      docker.put(fakeContainer("a", { state: "paused" }));
      docker.freeze(false);
      await clock.advance(5000);

      expect(turns).to.deep.equal([true, false, true]);
      expect(takeChanges()).to.deep.equal(["shop"]);
      expect(docker.openStreams()).to.equal(1);
    });

    it("is asked at once when somebody else's read failed", async () => {
      const { clock, docker, turns, start } = setUp();
      const informer = kept(start());
      await clock.advance(2000);

      docker.refuse("down");
      await informer.refresh("shop", new AbortController().signal).catch(() => {});
      await clock.advance(0);

      expect(turns).to.deep.equal([true, false]);
    });

    it("that comes back as another engine is listed anew and named by its new id", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      takeChanges();

      docker.setEngineId("engine-2");
      docker.remove("a");
      await clock.advance(31_000);

      expect(informer.engineId()).to.equal("engine-2");
      expect(takeChanges()).to.deep.equal(["shop"]);
    });
  });

  it("lists again every few minutes, in case an event never came", async () => {
    const { clock, docker, start, takeChanges } = setUp();
    docker.put(fakeContainer("a"));
    kept(start());
    await clock.advance(0);
    takeChanges();

    docker.put(fakeContainer("a", { state: "paused" }));
    await clock.advance(299_000);
    expect(takeChanges()).to.deep.equal([]);
    await clock.advance(1000);

    expect(takeChanges()).to.deep.equal(["shop"]);
    expect(docker.lists()).to.equal(2);
  });

  it("lists again when an inspection fails while the engine answers", async () => {
    const { clock, docker, start, takeChanges } = setUp();
    docker.put(fakeContainer("a"));
    kept(start());
    await clock.advance(0);
    takeChanges();
    docker.inspect = () => Promise.reject(new Error("layer does not exist"));

    docker.put(fakeContainer("a", { state: "exited" }));
    docker.emit("a", "die");
    await clock.advance(1100);

    expect(takeChanges()).to.deep.equal(["shop"]);
    expect(docker.lists()).to.equal(2);
  });

  describe("refresh()", () => {
    it("reads one project into the cache, and reports it only when it changed", async () => {
      const { clock, docker, start, takeChanges } = setUp();
      docker.put(fakeContainer("a"));
      docker.put(fakeContainer("b", { project: "blog" }));
      const informer = kept(start());
      await clock.advance(0);
      takeChanges();
      const signal = new AbortController().signal;

      docker.remove("a");
      docker.put(fakeContainer("c"));
      docker.put(fakeContainer("b", { project: "blog", state: "exited" }));
      const first = await informer.refresh("shop", signal);
      const second = await informer.refresh("shop", signal);

      expect(namesOf(first)).to.deep.equal(["c"]);
      expect(second).to.deep.equal(first);
      expect(informer.project("shop")).to.deep.equal(first);
      expect(informer.project("blog")[0]?.state).to.equal("running");
      expect(takeChanges()).to.deep.equal(["shop"]);
    });

    it("rejects with the engine's own error", async () => {
      const { clock, docker, start } = setUp();
      const informer = kept(start());
      await clock.advance(0);
      docker.refuse("Cannot reach the Docker engine: connection refused");

      const error: unknown = await informer
        .refresh("shop", new AbortController().signal)
        .catch((thrown: unknown) => thrown);

      expect(error).to.have.property("reason", "EngineUnavailable");
    });

    it("does not overwrite what an inspection that began later has found", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      const listProject = docker.listProject.bind(docker);
      docker.listProject = async (project, signal) => {
        const old = await listProject(project, signal);
        docker.put(fakeContainer("a", { state: "exited" }));
        docker.emit("a", "die");
        await clock.advance(A_MOMENT_MS);
        return old;
      };

      const containers = await informer.refresh("shop", new AbortController().signal);

      expect(containers[0]?.state).to.equal("exited");
    });
  });

  describe("ending()", () => {
    it("knows from the engine's memory a stop that happened before the controller started", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a", { state: "exited" }));
      docker.emit("a", "kill", { killSignal: 15 });
      docker.emit("a", "stop");
      const { at } = docker.emit("a", "die", { exitCode: 0 });
      await clock.advance(60_000);

      const informer = kept(start());
      await clock.advance(A_MOMENT_MS);

      expect(informer.ending("a")).to.deep.equal({ exitCode: 0, byHand: true, at });
    });

    it("does not take a stop for an end by itself when the reopened stream sends only its last event again", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      docker.emit("a", "kill", { killSignal: 15 });
      await clock.advance(5);
      docker.emit("a", "die", { exitCode: 0 });
      await clock.advance(A_MOMENT_MS);

      docker.breakStreams();
      await clock.advance(A_MOMENT_MS);

      expect(informer.ending("a")?.byHand).to.equal(true);
    });

    it("hears an engine that shuts down to its end by the stream it still holds open", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(60_000);
      docker.refuse("Cannot reach the Docker engine: the socket does not exist");
      docker.emit("a", "kill", { killSignal: 15 });
      await clock.advance(5000);
      docker.emit("a", "stop");
      const { at } = docker.emit("a", "die", { exitCode: 0 });
      await clock.advance(10);
      docker.breakStreams();
      docker.forgetEvents();
      docker.put(fakeContainer("a", { state: "exited", finishedAt: at }));
      docker.refuse(undefined);
      await clock.advance(10_000);

      expect(informer.ending("a")).to.deep.equal({ exitCode: 0, byHand: true, at });
    });

    it("waits with an end that a read has shown for the event that says how, so that nobody judges without it", async () => {
      let known: unknown;
      const { clock, docker, start, takeChanges } = setUp({
        onChange: () => (known = informer.ending("a")),
      });
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      docker.put(fakeContainer("a", { state: "exited", finishedAt: clock.now() }));
      const refreshed = informer.refresh("shop", new AbortController().signal);
      await clock.advance(100);
      expect(informer.project("shop")[0]?.state).to.equal("running");

      const { at } = docker.emit("a", "die", { exitCode: 0 });
      await clock.advance(0);

      expect((await refreshed)[0]?.state).to.equal("exited");
      expect(known).to.deep.equal({ exitCode: 0, byHand: false, at });
      takeChanges();
    });

    it("goes without the event when that was lost", async () => {
      const { clock, docker, start } = setUp();
      docker.put(fakeContainer("a"));
      const informer = kept(start());
      await clock.advance(0);
      docker.put(fakeContainer("a", { state: "exited", finishedAt: clock.now() }));

      const refreshed = informer.refresh("shop", new AbortController().signal);
      await clock.advance(500);

      expect((await refreshed)[0]?.state).to.equal("exited");
      expect(informer.ending("a")).to.equal(undefined);
    });

    it("keeps the ending of a container that was made and ended while a list was under way", async () => {
      const { clock, docker, start } = setUp();
      const listAll = docker.listAll.bind(docker);
      docker.listAll = async (signal) => {
        const list = await listAll(signal);
        docker.put(fakeContainer("a", { state: "exited" }));
        docker.emit("a", "die", { exitCode: 0 });
        await new Promise((resolve) => setImmediate(resolve));
        return list;
      };
      const informer = kept(start());

      await clock.advance(A_MOMENT_MS);

      expect(informer.ending("a")?.byHand).to.equal(false);
    });
  });

  it("starts down when there is no engine, and goes up when there is one", async () => {
    const { clock, docker, turns, start } = setUp();
    docker.refuse("Cannot reach the Docker engine: the socket does not exist");
    const informer = kept(start());
    await clock.advance(1000);
    expect(informer.hasSynced()).to.equal(false);
    expect(informer.down()?.message).to.equal("Cannot reach the Docker engine: the socket does not exist");

    docker.refuse(undefined);
    await clock.advance(5000);

    expect(informer.hasSynced()).to.equal(true);
    expect(turns).to.deep.equal([false, true]);
  });

  it("ends with its signal", async () => {
    const controller = new AbortController();
    const { clock, docker, start } = setUp({ signal: controller.signal });
    start();
    await clock.advance(0);

    controller.abort();
    await clock.advance(0);

    expect(docker.openStreams()).to.equal(0);
    expect(clock.pending()).to.equal(0);
  });
});
