import { expect } from "chai";
import { stringify } from "yaml";
import type { ApplicationDiff, Change } from "../../controller/api/diff.ts";
import { FOR_EVER } from "../support/deployments.ts";
import { docker, requireEngine, TEST_IMAGE } from "../support/engine.ts";
import { freePort } from "../support/git-servers.ts";
import { createWorld, type Controller, type Inspected, type World } from "../support/world.ts";

/** A Compose file, in short: services with the tests' image that run for ever, and what stands beside them. */
interface Compose {
  readonly services: Readonly<Record<string, object>>;
  readonly [section: string]: object;
}

interface Situation {
  readonly compose?: Compose;
  readonly files?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface Story {
  readonly before: Situation;
  /** What is committed and written; drifts are made by `act`. */
  readonly after?: Partial<Situation>;
  readonly act?: (project: string) => Promise<unknown>;
  /** service (or `network NAME`, `volume NAME`, `image NAME`) → what is to be said of it; `recreate?`: perhaps. */
  readonly says: Readonly<Record<string, readonly string[]>>;
}

const MANUAL = { sync: { automated: false, selfHeal: false } };
const SHOT = { command: ["true"], labels: { "conops.dev/one-shot": "true" } };
const OTHER_IMAGE = "ct-diff-other:1";
const MOVING_IMAGE = "ct-diff-moving:1";
const BUILT_IMAGE = "ct-diff-built-";

function textOf({ services, ...rest }: Compose): string {
  return stringify({
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        { image: TEST_IMAGE, command: FOR_EVER, ...service },
      ]),
    ),
    ...rest,
  });
}

type Containers = readonly Inspected[];
/** By service. */
type Services = ReadonlyMap<string, Containers>;

/** The engine's own words: each container of a project, by service. */
async function containersOf(world: World, project: string): Promise<Services> {
  const found = new Map<string, Inspected[]>();
  for (const container of await world.containers(project)) {
    const service = container.Config.Labels["com.docker.compose.service"] ?? "";
    found.set(service, [...(found.get(service) ?? []), container]);
  }
  return found;
}

/** The same with other services in the place of those; null takes one away. */
function edited(services: Readonly<Record<string, object | null>>, of: Compose): Compose {
  const all = Object.entries({ ...of.services, ...services });
  return {
    ...of,
    services: Object.fromEntries(all.filter((entry): entry is [string, object] => entry[1] !== null)),
  };
}

const fields: Compose = {
  services: {
    unchanged: {},
    holds: { volumes: ["kept:/kept"] },
    image: {},
    variable: { environment: { TAG: "1", KEEP: "x" } },
    command: {},
    label: { labels: { a: "1" } },
    port: { ports: ["127.0.0.1:PORT:80"] },
    health: { healthcheck: { test: ["CMD", "true"], interval: "5s" } },
    mount: {},
    limits: { mem_limit: "64m" },
    hosts: { extra_hosts: ["a:127.0.0.1"] },
    order: { depends_on: ["unchanged"] },
    removed: {},
    up: { deploy: { replicas: 1 } },
    down: { deploy: { replicas: 3 } },
    gone: { deploy: { replicas: 1 } },
  },
  volumes: { data: {}, kept: { labels: { v: "1" } } },
};
const used: Compose = {
  services: {
    bind: { volumes: ["./conf/bind:/conf:ro"] },
    file: { volumes: ["./conf/file.conf:/file.conf:ro"] },
    config: { configs: ["settings"] },
    env: { env_file: ["env/env.env"] },
    other: { volumes: ["./conf/other:/conf:ro"] },
  },
  configs: { settings: { file: "./conf/settings.conf" } },
};
const files = {
  "conf/bind/a": "1",
  "conf/file.conf": "1",
  "conf/other/a": "1",
  "conf/settings.conf": "1",
  "env/env.env": "A=1\n",
  "README.md": "1",
};
const linked: Compose = {
  services: {
    vpn: { environment: { A: "1" } },
    sharer: { network_mode: "service:vpn" },
    db: { environment: { A: "1" } },
    follower: { depends_on: { db: { condition: "service_started", restart: true } } },
    loose: { depends_on: { db: { condition: "service_started" } } },
    front: { networks: ["front"] },
    joins: { networks: ["back"] },
    side: { networks: ["side"] },
  },
  networks: { front: { labels: { v: "1" } }, back: {}, side: {} },
};
const shots: Compose = {
  services: {
    done: SHOT,
    again: { ...SHOT, environment: { A: "1" } },
    waits: { depends_on: { done: { condition: "service_completed_successfully" } } },
  },
};
const drifting: Compose = {
  services: {
    detached: {},
    stopped: {},
    removed: {},
    paused: {},
    calm: {},
    killed: {},
    moved: { image: MOVING_IMAGE },
  },
};
const built: Compose = {
  services: {
    same: { build: { context: "./same" }, image: `${BUILT_IMAGE}same:1` },
    other: { build: { context: "./other" }, image: `${BUILT_IMAGE}other:1` },
  },
};
const dockerfile = `FROM ${TEST_IMAGE}\nCOPY a /a\n`;
const declared: Compose = {
  services: {
    tagged: { environment: { TAG: "${TAG:-none}" } },
    plain: {},
    extra: { profiles: ["extra"] },
  },
};

const STORIES: Readonly<Record<string, Story>> = {
  fields: {
    before: { compose: fields },
    after: {
      compose: {
        ...edited(
          {
            image: { image: OTHER_IMAGE },
            variable: { environment: { TAG: "2", KEEP: "x" } },
            command: { command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.3; done"] },
            label: { labels: { a: "2" } },
            port: { ports: ["127.0.0.1:PORT:81"] },
            health: { healthcheck: { test: ["CMD", "true"], interval: "6s" } },
            mount: { volumes: ["data:/data"] },
            limits: { mem_limit: "65m" },
            hosts: { extra_hosts: ["a:127.0.0.2"] },
            order: {},
            removed: null,
            added: {},
            up: { deploy: { replicas: 3 } },
            down: { deploy: { replicas: 1 } },
            gone: { deploy: { replicas: 0 } },
          },
          fields,
        ),
        volumes: { data: {}, kept: { labels: { v: "2" } } },
      },
    },
    says: {
      "volume data": ["create"],
      image: ["recreate"],
      variable: ["recreate"],
      command: ["recreate"],
      label: ["recreate"],
      port: ["recreate"],
      health: ["recreate"],
      mount: ["recreate"],
      limits: ["recreate"],
      hosts: ["recreate"],
      removed: ["remove"],
      added: ["create"],
      up: ["scale"],
      down: ["remove"],
      gone: ["remove"],
    },
  },
  used: {
    before: { compose: used, files },
    after: {
      files: {
        ...files,
        "conf/bind/a": "2",
        "conf/file.conf": "2",
        "conf/settings.conf": "2",
        "env/env.env": "A=2\n",
        "README.md": "2",
      },
    },
    says: { bind: ["recreate"], file: ["recreate"], config: ["recreate"], env: ["recreate"] },
  },
  linked: {
    before: { compose: linked },
    after: {
      compose: {
        ...edited(
          {
            vpn: { environment: { A: "2" } },
            db: { environment: { A: "2" } },
            joins: { networks: ["back", "side"] },
          },
          linked,
        ),
        networks: { front: { labels: { v: "2" } }, back: {}, side: {} },
      },
    },
    says: {
      "network front": ["recreate"],
      vpn: ["recreate"],
      sharer: ["recreate"],
      db: ["recreate"],
      follower: ["restart"],
      front: ["recreate"],
      joins: ["recreate"],
    },
  },
  shots: {
    before: { compose: shots },
    after: { compose: edited({ again: { ...SHOT, environment: { A: "2" } } }, shots) },
    says: { again: ["recreate"] },
  },
  drifting: {
    before: { compose: drifting },
    async act(name) {
      await docker(["stop", "-t", "0", `${name}-stopped-1`]);
      await docker(["kill", `${name}-killed-1`]);
      await docker(["rm", "-f", `${name}-removed-1`]);
      await docker(["pause", `${name}-paused-1`]);
      await docker(["network", "disconnect", `${name}_default`, `${name}-detached-1`]);
      await docker(["tag", OTHER_IMAGE, MOVING_IMAGE]);
    },
    says: {
      stopped: ["start"],
      killed: ["start"],
      detached: ["recreate"],
      removed: ["create"],
      paused: ["start"],
      moved: ["recreate"],
    },
  },
  built: {
    before: {
      compose: built,
      files: { "same/Dockerfile": dockerfile, "same/a": "1", "other/Dockerfile": dockerfile, "other/a": "1" },
    },
    after: {
      files: { "same/Dockerfile": dockerfile, "same/a": "1", "other/Dockerfile": dockerfile, "other/a": "2" },
    },
    says: { [`image ${BUILT_IMAGE}other:1`]: ["build"], other: ["recreate?"] },
  },
  declared: {
    before: { compose: declared, spec: { compose: { env: [{ name: "TAG", value: "1" }] } } },
    after: {
      spec: { compose: { env: [{ name: "TAG", value: "2" }], profiles: ["extra"] } },
    },
    says: { tagged: ["recreate"], extra: ["create"] },
  },
  same: { before: { compose: { services: { web: {} } } }, says: {} },
  unrelated: {
    before: { compose: { services: { web: {} } }, files: { "README.md": "1" } },
    after: { files: { "README.md": "2" } },
    says: {},
  },
};

describe("conops diff equals what the sync then does:", function () {
  this.timeout(600_000);
  let port: number;
  let world: World;
  let controller: Controller;
  const diffs = new Map<string, { readonly code: number; readonly diff: ApplicationDiff }>();
  const was = new Map<string, Services>();
  const is = new Map<string, Services>();
  const project = (name: string): string => `${world.prefix}-${name}`;
  const names = Object.keys(STORIES);

  async function write(name: string, { compose, files }: Partial<Situation>): Promise<void> {
    const repo = await world.repo(name);
    const text = compose && { "compose.yaml": textOf(compose).replaceAll("PORT", String(port)) };
    await repo.commit({ ...files, ...text });
  }

  before(async () => {
    await requireEngine();
    const made = await docker(["create", TEST_IMAGE]);
    await docker(["commit", "-c", "LABEL ct-diff=1", made.trim(), OTHER_IMAGE]);
    await docker(["rm", made.trim()]);
    await docker(["tag", TEST_IMAGE, MOVING_IMAGE]);
    world = await createWorld();
    port = await freePort();
    for (const [name, { before: situation }] of Object.entries(STORIES)) {
      await write(name, situation);
      await world.manifest(name, situation.spec ?? {});
    }
    controller = await world.start();
    await Promise.all(names.map((name) => world.untilReady(name, undefined, 300_000)));
    for (const [name, { before: situation }] of Object.entries(STORIES))
      await world.manifest(name, { ...MANUAL, ...situation.spec });
    const taken = names.map((name) =>
      world.untilStatus(name, "the switches are taken", ({ observedGeneration }) => observedGeneration > 1),
    );
    await Promise.all(taken);
    for (const [name, { after: situation, act }] of Object.entries(STORIES)) {
      if (situation?.compose !== undefined || situation?.files !== undefined) await write(name, situation);
      if (situation?.spec !== undefined) await world.manifest(name, { ...MANUAL, ...situation.spec });
      await act?.(project(name));
    }
    for (const name of names) was.set(name, await containersOf(world, project(name)));
    for (const name of names) {
      const { code, stdout, stderr } = await world.cli("diff", name, "-o", "json");
      if (stdout === "") throw new Error(`conops diff ${name}: ${stderr}`);
      diffs.set(name, { code, diff: JSON.parse(stdout) as ApplicationDiff });
    }
    const { code, stderr } = await world.cli("sync", ...names, "--wait", "--timeout", "4m");
    if (code !== 0) throw new Error(`conops sync: ${stderr}\n${controller.log().slice(-4000)}`);
    for (const name of names) is.set(name, await containersOf(world, project(name)));
  });
  after(async () => {
    await world.close();
    const images = [OTHER_IMAGE, MOVING_IMAGE, `${BUILT_IMAGE}same:1`, `${BUILT_IMAGE}other:1`];
    for (const image of images) await docker(["image", "rm", "-f", image]).catch(() => undefined);
  });

  /** Of one subject: a service, or an object by its kind and name. */
  function changesOf(name: string): ReadonlyMap<string, readonly Change[]> {
    const changes = new Map<string, readonly Change[]>();
    for (const change of diffs.get(name)?.diff.changes ?? []) {
      const short = change.name.replace(`${project(name)}_`, "");
      const subject = change.object === "service" ? short : `${change.object} ${short}`;
      changes.set(subject, [...(changes.get(subject) ?? []), change]);
    }
    return changes;
  }

  for (const [name, { says, before: situation }] of Object.entries(STORIES)) {
    describe(name, () => {
      for (const [subject, acts] of Object.entries(says)) {
        it(`${subject}: ${acts.join(", ")}`, () => {
          const changes = changesOf(name).get(subject) ?? [];
          expect(changes.map(({ act, perhaps }) => (perhaps === true ? `${act}?` : act))).to.deep.equal(acts);
          for (const { reasons } of changes) expect(reasons.length).to.be.greaterThan(0);

          if (!subject.includes(" "))
            expectDone(was.get(name)?.get(subject), is.get(name)?.get(subject), changes);
        });
      }

      it("leaves everything else alone, and says nothing of it", () => {
        expect([...changesOf(name).keys()].toSorted()).to.deep.equal(Object.keys(says).toSorted());
        expect(diffs.get(name)?.code).to.equal(Object.keys(says).length > 0 ? 1 : 0);
        for (const service of Object.keys(situation.compose?.services ?? {})) {
          if (says[service] !== undefined) continue;
          expect(is.get(name)?.get(service), service).to.deep.equal(was.get(name)?.get(service));
        }
      });
    });
  }

  it("tells of a volume that stays as it is", () => {
    expect(diffs.get("fields")?.diff.notes).to.deep.include(
      `volume "${project("fields")}_kept" stays as it is, though its definition changed: labels.v "1" → "2"`,
    );
  });

  it("tells old and new values", () => {
    expect(changesOf("fields").get("variable")?.[0]?.reasons).to.deep.equal([
      { cause: "Field", field: "environment.TAG", from: "1", to: "2", text: 'environment.TAG "1" → "2"' },
    ]);
  });

  it("and the sync itself says the same, and nothing else was done", () => {
    const lines = controller.lines();

    for (const name of names.filter((one) => Object.keys(STORIES[one]?.says ?? {}).length > 0)) {
      const told = lines.findLast(
        ({ msg, application }) => msg === "changes of a sync" && application === name,
      );
      const certain = (texts: readonly string[]): readonly string[] =>
        texts.filter((text) => !/^image |may be/.test(text) && !text.includes("shop-other"));
      const said = diffs.get(name)?.diff.changes.map(({ text }) => text) ?? [];
      expect(certain(told?.["changes"] as readonly string[]), name).to.include.members([...certain(said)]);
    }
    const wrong = ["a sync did something else than it said", "changes of a sync cannot be told"];
    expect(lines.filter(({ msg }) => wrong.includes(String(msg)))).to.deep.equal([]);
  });
});

/** What the engine shows of a service before and after is what was said. */
function expectDone(
  was: readonly Containers[number][] = [],
  is: readonly Containers[number][] = [],
  changes: readonly Change[],
): void {
  const now = new Map(is.map((container) => [container.Id, container]));
  const doneTo = new Map(
    changes.flatMap(({ act, containers = [] }) => containers.map((one) => [one, act] as const)),
  );
  for (const { Id, Name, State } of was) {
    const act = doneTo.get(Name.slice(1));
    const left = now.get(Id);
    if (act === "recreate" || act === "remove") expect(left, `${Name} is to be ${act}d`).to.equal(undefined);
    else expect(left, `${Name} is to stay`).to.not.equal(undefined);
    if (act === undefined) expect(left?.State.StartedAt, Name).to.equal(State.StartedAt);
    if (act === "restart") expect(left?.State.StartedAt, Name).to.not.equal(State.StartedAt);
    if (act === "start") expect(left?.State.Status, Name).to.equal("running");
  }
  const isMaking = changes.some(({ act }) => ["recreate", "create", "scale", "run"].includes(act));
  const isNew = is.some(({ Id }) => !was.some((container) => container.Id === Id));
  expect(isNew, "a container was made").to.equal(isMaking);
}
