import { expect } from "chai";
import type { ApplicationStatus } from "../../controller/api/status.ts";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { requireEngine, until } from "../support/engine.ts";
import { startBlackHole, startSmartHttp, type GitServer } from "../support/git-servers.ts";
import { together } from "../support/together.ts";
import { createWorld, sleeper, type Controller, type World } from "../support/world.ts";

describe("a source", () => {
  let world: World;
  let controller: Controller;
  let hole: GitServer;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    hole = await startBlackHole();
    controller = await world.start();
  });
  after(async () => {
    await hole.close();
    await world.close();
    const images = ["slow", "moving"].map((name) => `${projectOf(name)}-web`);
    for (const image of images) await world.docker("image", "rm", "-f", image);
  });

  together({
    async "that accepts and never answers harms only its own Application"() {
      await world.manifest("hung", { source: { repoURL: hole.url("hung") } });
      const repo = await world.repo("steady");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await world.manifest("steady", {});
      await world.untilReady("steady", first, 60_000);
      const second = await repo.commit({ "compose.yaml": colored("blue") });
      await world.untilReady("steady", second, 60_000);
      await heals("steady");
      const status = await world.untilStatus(
        "hung",
        "the hung remote is said to be late",
        (now) => reasonOf(now, "SourceReady") === "RemoteTimedOut",
        60_000,
      );
      expect(reasonOf(status, "Ready")).to.equal("RemoteTimedOut");
      expect(conditionOf(status, "Ready").status).to.equal("False");
      const third = await repo.commit({ "compose.yaml": colored("green") });
      await world.untilReady("steady", third, 60_000);
    },

    async "over http that goes down leaves the Application Ready and healing, says so in one unchanging text, and is followed again"() {
      let down = false;
      const server = await startSmartHttp(world.repos, {
        before(request) {
          if (down) request.socket.destroy();
          return down;
        },
      });
      try {
        const repo = await world.repo("web");
        const first = await repo.commit({ "compose.yaml": colored("red") });
        await world.manifest("web", { source: { repoURL: server.url("web") } });
        await world.untilReady("web", first, 60_000);

        down = true;
        const isDown = (status: ApplicationStatus): boolean =>
          conditionOf(status, "SourceReady").status === "False";
        const lost = await world.untilStatus("web", "the remote is missed", isDown, 60_000);
        const asked = server.requests.length;
        await heals("web");
        await until("it was asked twice more", () => server.requests.length >= asked + 2);
        const still = await world.untilStatus("web", "it is Ready again", isReady);
        expect(conditionOf(still, "SourceReady")).to.deep.equal(conditionOf(lost, "SourceReady"));
        expect(conditionOf(lost, "Ready").status).to.equal("True");

        const second = await repo.commit({ "compose.yaml": colored("blue") });
        down = false;
        const back = await world.untilReady("web", second, 60_000);
        expect(conditionOf(back, "SourceReady").status).to.equal("True");
      } finally {
        await server.close();
      }
    },

    async "whose build takes long keeps no other Application waiting"() {
      const slow = await world.repo("slow");
      const built = await slow.commit(building(20));
      await world.manifest("slow", {});
      await world.untilStatus("slow", "it builds", ({ phase }) => phase === "Syncing");
      const repo = await world.repo("quick");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await world.manifest("quick", {});
      await world.untilReady("quick", first);
      const status = await world.status("slow");
      expect(status?.phase).to.equal("Syncing");
      expect(status?.sync.applied).to.equal(undefined);
      await world.untilReady("slow", built, 60_000);
    },

    async "that moves during a sync is deployed after it"() {
      const repo = await world.repo("moving");
      const first = await repo.commit(building(5));
      await world.manifest("moving", {});
      await world.untilStatus(
        "moving",
        "the first is built",
        (now) => now.sync.attempted?.revision === first,
      );
      const second = await repo.commit(building(1));
      const status = await world.untilReady("moving", second, 60_000);
      expect(status.history.map(({ revision, result }) => [revision, result])).to.deep.include([
        second,
        "Succeeded",
      ]);
      expect(JSON.stringify(status.history)).not.to.contain("Failed");
    },

    async "whose branch is rewritten is followed"() {
      const repo = await world.repo("forced");
      const base = await repo.commit({ "compose.yaml": colored("red") });
      const dropped = await repo.commit({ "compose.yaml": colored("blue") });
      await world.manifest("forced", {});
      await world.untilReady("forced", dropped, 60_000);
      await repo.git("reset", "--hard", base);
      const other = await repo.commit({ "compose.yaml": colored("green") });
      await world.untilReady("forced", other, 60_000);
      expect(await colorsOf("forced")).to.deep.equal(["green"]);
      await repo.git("reset", "--hard", base);
      await world.untilReady("forced", base, 60_000);
      expect(await colorsOf("forced")).to.deep.equal(["red"]);
    },

    async "that is a range of versions follows the highest tag, and says which"() {
      const repo = await world.repo("ranged");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await repo.tag("v1.4.0", "Release");
      await world.manifest("ranged", { source: { revision: { semver: ">=1.4 <2" } } });
      const status = await world.untilReady("ranged", first, 60_000);
      expect(status.source).to.include({ revision: first, ref: "refs/tags/v1.4.0" });
      const second = await repo.commit({ "compose.yaml": colored("green") });
      await repo.tag("1.10.0");
      await repo.tag("v1.11.0-rc.1");
      await repo.tag("v2.0.0");
      const next = await world.untilReady("ranged", second, 60_000);
      expect(next.source).to.include({ revision: second, ref: "refs/tags/1.10.0" });
      expect(await colorsOf("ranged")).to.deep.equal(["green"]);
      await repo.git("tag", "-d", "v1.4.0", "1.10.0");
      const missed = await world.untilStatus(
        "ranged",
        "no tag is within the range",
        (now) => reasonOf(now, "SourceReady") === "RevisionNotFound",
      );
      expect(conditionOf(missed, "SourceReady").message).to.match(
        /">=1\.4 <2" in .* "v1\.11\.0-rc\.1" is a prerelease/,
      );
      expect(conditionOf(missed, "Ready").status).to.equal("True");
    },

    async "whose tag is moved is followed, and says from where"() {
      const repo = await world.repo("retagged");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await repo.tag("v1");
      await world.manifest("retagged", { source: { revision: { tag: "v1" } } });
      await world.untilReady("retagged", first, 60_000);
      const second = await repo.commit({ "compose.yaml": colored("green") });
      await repo.tag("v1");
      const status = await world.untilReady("retagged", second, 60_000);
      expect(status.source).to.include({ revision: second, ref: "refs/tags/v1", movedFrom: first });
      expect(conditionOf(status, "SourceReady").message).to.equal(
        `the remote is at ${second.slice(0, 12)}; the tag "v1" was moved there from ${first.slice(0, 12)}`,
      );
      expect(await colorsOf("retagged")).to.deep.equal(["green"]);
    },

    async "whose branch is deleted says RevisionNotFound, while what runs goes on and heals"() {
      const repo = await world.repo("deleted");
      await repo.commit({ "README.md": "hello" });
      await repo.branch("feature");
      const head = await repo.commit({ "compose.yaml": colored("red") });
      await repo.git("checkout", "--quiet", "main");
      await world.manifest("deleted", { source: { revision: { branch: "feature" } } });
      await world.untilReady("deleted", head, 60_000);
      await repo.git("branch", "-D", "feature");
      const status = await world.untilStatus(
        "deleted",
        "the branch is missed",
        (now) => reasonOf(now, "SourceReady") === "RevisionNotFound",
      );
      expect(conditionOf(status, "SourceReady").message).to.contain('"feature"');
      expect(conditionOf(status, "Ready").status).to.equal("True");
      await heals("deleted");
      expect(await colorsOf("deleted")).to.deep.equal(["red"]);
      await repo.git("branch", "feature", head);
      await world.untilStatus(
        "deleted",
        "the branch is back",
        (now) => reasonOf(now, "SourceReady") === "SourceReady",
      );
    },

    async "that is a tag is followed when the tag moves, and one that is a commit stays"() {
      const repo = await world.repo("tagged");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await repo.tag("v1", "the first");
      await world.manifest("tagged", { source: { revision: { tag: "v1" } } });
      await world.manifest("pinned", {
        source: { repoURL: world.server.url("tagged"), revision: { commit: first } },
      });
      await Promise.all([
        world.untilReady("tagged", first, 60_000),
        world.untilReady("pinned", first, 60_000),
      ]);
      const second = await repo.commit({ "compose.yaml": colored("blue") });
      await repo.tag("v1", "moved");
      await world.untilReady("tagged", second, 60_000);
      expect(await colorsOf("tagged")).to.deep.equal(["blue"]);
      expect((await world.status("pinned"))?.sync.applied?.revision).to.equal(first);
      expect(await colorsOf("pinned")).to.deep.equal(["red"]);
      await heals("pinned");
    },

    async "whose new commit changes nothing that is used is synced without touching a container"() {
      const repo = await world.repo("quiet");
      const first = await repo.commit({
        "compose.yaml": sleeper("web", ["volumes: [./www:/www:ro]"]),
        "www/page": "hello",
      });
      await world.manifest("quiet", {});
      await world.untilReady("quiet", first, 60_000);
      const before = await runs("quiet");
      const second = await repo.commit({ "README.md": "about it" }, "Tell about it");
      const status = await world.untilReady("quiet", second, 60_000);
      expect(status.sync.message).to.equal("Tell about it");
      expect(status.phase).to.equal("Synced");
      expect(await runs("quiet")).to.deep.equal(before);
      // A file that is used is another matter: what is bound shows it at once.
      const third = await repo.commit({ "www/page": "new" });
      await world.untilReady("quiet", third, 60_000);
      const [container] = await world.containers(projectOf("quiet"));
      expect(await world.docker("exec", container?.Id ?? "", "cat", "/www/page")).to.equal("new");
    },

    async "waits for conops sync when automated is false"() {
      const repo = await world.repo("manual");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await world.manifest("manual", { sync: { automated: false } });
      await world.untilStatus("manual", "it waits", ({ phase }) => phase === "PendingSync");
      expect(await world.containers(projectOf("manual"))).to.deep.equal([]);
      const synced = await world.cli("sync", "manual", "--wait", "--timeout", "60s");
      expect(synced.code, synced.stderr).to.equal(0);
      expect((await world.status("manual"))?.sync.applied?.revision).to.equal(first);

      const second = await repo.commit({ "compose.yaml": colored("blue") });
      const waiting = await world.untilStatus(
        "manual",
        "the new commit waits",
        (now) => reasonOf(now, "Synced") === "AwaitingSync",
      );
      expect(waiting.phase).to.equal("OutOfSync");
      expect(conditionOf(waiting, "Ready").status).to.equal("True");
      expect(await colorsOf("manual")).to.deep.equal(["red"]);
      // A commit that nobody has polled yet is part of what is asked for.
      const third = await repo.commit({ "compose.yaml": colored("green") });
      const again = await world.cli("sync", "manual", "--wait", "--timeout", "60s");
      expect(again.code, again.stderr).to.equal(0);
      expect((await world.status("manual"))?.sync.applied?.revision).to.equal(third);
      expect(second).not.to.equal(third);

      await repo.commit({ "compose.yaml": "services: [" });
      const failed = await world.cli("sync", "manual", "--wait", "--timeout", "60s");
      expect(failed.code, failed.stdout).to.equal(1);
      expect(failed.stderr).to.contain("compose.yaml");
      // A source that has nothing to apply is told at once, and the request is over.
      await world.manifest("nowhere", {});
      const nothing = await world.cli("sync", "nowhere", "--wait", "--timeout", "60s");
      expect(nothing.code).to.equal(1);
      expect(nothing.stderr).to.contain("Refused: RepositoryNotFound");
      expect((await world.cli("sync", "nobody", "--wait")).code).to.equal(1);
      expect((await world.cli("sync")).code).to.equal(2);
      await world.manifest("manual", { sync: { automated: false }, suspend: true });
      const refused = await world.cli("sync", "manual", "--wait", "--timeout", "60s");
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.contain("Suspended");
    },

    async "with an undefined variable in a bind source is refused, naming it and its place, with nothing touched"() {
      const repo = await world.repo("undefined");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await world.manifest("undefined", {});
      await world.untilReady("undefined", first, 60_000);
      const before = await runs("undefined");
      await repo.commit({ "compose.yaml": sleeper("web", ['volumes: ["${DATA_DIR}/db:/db"]']) });
      const status = await world.untilStatus(
        "undefined",
        "it is refused",
        (now) => reasonOf(now, "Ready") === "UndefinedVariable",
      );
      expect(conditionOf(status, "Ready").message)
        .to.contain("DATA_DIR")
        .and.to.match(/compose\.yaml:5:\d+/);
      expect(status.phase).to.equal("Degraded");
      expect(conditionOf(status, "Healthy").status).to.equal("True");
      expect(await runs("undefined")).to.deep.equal(before);
      await world.manifest("undefined", { compose: { env: [{ name: "DATA_DIR", value: "./data" }] } });
      await world.untilReady("undefined", undefined, 60_000);
    },

    async "that breaks leaves the last good one running and healing, and the next good commit recovers"() {
      const repo = await world.repo("broken");
      const first = await repo.commit({ "compose.yaml": colored("red") });
      await world.manifest("broken", {});
      await world.untilReady("broken", first, 60_000);
      const bad = await repo.commit({ "compose.yaml": "services:\n  web:\n    imagine: busybox\n" });
      const status = await world.untilStatus(
        "broken",
        "it is refused",
        (now) => conditionOf(now, "Ready").status === "False",
      );
      expect(["InvalidCompose", "RenderFailed"]).to.include(reasonOf(status, "Ready"));
      expect(conditionOf(status, "Ready").message).to.contain("imagine");
      expect(status.phase).to.equal("Degraded");
      expect(conditionOf(status, "Healthy").status).to.equal("True");
      expect(status.sync.applied?.revision).to.equal(first);
      expect(status.sync.attempted?.revision).to.equal(bad);
      await heals("broken");
      expect(await colorsOf("broken")).to.deep.equal(["red"]);
      expect(conditionOf(await statusOf("broken"), "Ready").status).to.equal("False");
      const good = await repo.commit({ "compose.yaml": colored("green") });
      await world.untilReady("broken", good, 60_000);
      expect(await colorsOf("broken")).to.deep.equal(["green"]);
    },

    async "that runs a provider or includes from elsewhere is refused"() {
      const provider = await world.repo("provider");
      await provider.commit({
        "compose.yaml":
          "services:\n  db:\n    provider:\n      type: touch\n      options: {file: /tmp/pwned}\n",
      });
      const include = await world.repo("include");
      await include.commit({
        "compose.yaml": `include:\n  - https://127.0.0.1:1/compose.git\n${sleeper()}`,
      });
      await world.manifest("provider", {});
      await world.manifest("include", {});
      for (const name of ["provider", "include"]) {
        const status = await world.untilStatus(
          name,
          `"${name}" is refused`,
          (now) => reasonOf(now, "Ready") === "PolicyViolation",
        );
        expect(conditionOf(status, "Ready").message).to.match(/compose\.yaml:\d+:\d+/);
        expect(conditionOf(status, "Stalled").status).to.equal("True");
        expect(await world.containers(projectOf(name))).to.deep.equal([]);
      }
    },
  });

  it("left no unexpected error in the log", () => {
    const unexpected = controller.lines().filter(({ level }) => level === "error");
    expect(unexpected).to.deep.equal([]);
  });

  function projectOf(name: string): string {
    return `${world.prefix}-${name}`;
  }

  /** Removes the container by hand, and waits until another one runs. */
  async function heals(name: string): Promise<void> {
    const before = (await world.containers(projectOf(name))).map(({ Id }) => Id);
    expect(before.length).to.equal(1);
    await world.docker("rm", "-f", ...before);
    await until(`"${name}" is healed`, async () =>
      (await world.containers(projectOf(name))).some(
        ({ Id, State }) => !before.includes(Id) && State.Status === "running",
      ),
    );
  }

  async function colorsOf(name: string): Promise<readonly string[]> {
    const containers = await world.containers(projectOf(name));
    return containers.flatMap(({ Config }) =>
      Config.Env.filter((entry) => entry.startsWith("COLOR=")).map((entry) => entry.slice("COLOR=".length)),
    );
  }

  /** Which containers run since when. */
  async function runs(name: string): Promise<readonly (readonly [string, string])[]> {
    return (await world.containers(projectOf(name))).map(({ Id, State }) => [Id, State.StartedAt] as const);
  }

  async function statusOf(name: string): Promise<ApplicationStatus> {
    const status = await world.status(name);
    if (status === undefined) throw new Error(`"${name}" has no status`);
    return status;
  }

  /** A service whose image is made anew in so many seconds, and never comes from a cache. */
  function building(seconds: number): Record<string, string> {
    return {
      "compose.yaml": [
        "services:",
        "  web:",
        "    build: {context: ., network: none}",
        '    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]',
        "",
      ].join("\n"),
      Dockerfile: `FROM conops-test/busybox:1\nRUN sleep ${seconds} && echo ${world.prefix} > /made\n`,
    };
  }
});

function colored(color: string): string {
  return sleeper("web", [`environment: {COLOR: ${color}}`]);
}

function isReady(status: ApplicationStatus): boolean {
  return conditionOf(status, "Ready").status === "True";
}
