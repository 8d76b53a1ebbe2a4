import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import type { Rendering } from "../../../controller/compose/compose.ts";
import { RenderError } from "../../../controller/compose/refusal.ts";
import type { Staged } from "../../../controller/git/git.ts";
import { beyond, type CheckoutScope } from "../../../controller/reconcile/checkout-scope.ts";
import type { ReconcileDeps } from "../../../controller/reconcile/deps.ts";
import type { Memory } from "../../../controller/reconcile/memory.ts";
import { stageAndRender } from "../../../controller/reconcile/stage-and-render.ts";
import type { Visit } from "../../../controller/reconcile/visit.ts";

const failed = (message: string, lookedAt: readonly string[]): RenderError =>
  new RenderError(message, { reason: "InvalidCompose", terminal: true }, lookedAt);
const TARGET = { revision: "1".repeat(40), specHash: "spec" };

/** What a project asks for, in turn: what it cannot do without, and what it finds, or looks for in vain, after that. */
interface Project {
  readonly path?: string;
  readonly needs?: readonly string[];
  readonly looksAt?: readonly string[];
  /** What is wrong with it, however much of it there is. */
  readonly fault?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** A checkout of everything fails with this. */
  readonly unstageable?: string;
}

describe("stageAndRender()", () => {
  let dataDir: string;
  let stages: CheckoutScope[];
  let stop: AbortController;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "conops-stage-"));
    stages = [];
    stop = new AbortController();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const left = (): Promise<readonly string[]> => readdir(join(dataDir, "staging"));

  async function run(project: Project, memory: Pick<Memory, "scope"> = {}): Promise<Rendering> {
    const { path = "apps/shop", needs = [], looksAt = [] } = project;
    const application = applicationFromManifest(
      {
        apiVersion: "conops.dev/v1alpha1",
        kind: "Application",
        metadata: { name: "shop" },
        spec: { source: { repoURL: "https://git.example.com/shop.git", path } },
      },
      { allowFileRepos: false },
    );
    if (application === undefined) throw new Error("the manifest is not valid");
    const staged = new Map<string, CheckoutScope>();
    const deps = {
      fingerprint: (text: string) => text,
      dataDir,
      policyOf: () => ({ digest: "" }),
      remoteOf: () => ({ id: "r", url: "u" }),
      git: {
        async stage({ dir, paths }: { dir: string; paths?: readonly string[] }): Promise<Staged> {
          stages.push(paths);
          if (paths === undefined && project.unstageable !== undefined) {
            throw new ReconcileError(project.unstageable, { reason: "UnsupportedContent", terminal: true });
          }
          await mkdir(dir);
          staged.set(dir, paths);
          return {
            commit: { sha: TARGET.revision, subject: "", author: "", committedAt: "" },
            entries: [],
            leftOut: [],
            warnings: [],
            ...(paths && { paths }),
          };
        },
      },
      compose: {
        async render({ stagingDir }: { stagingDir: string }): Promise<Partial<Rendering>> {
          const scope = staged.get(stagingDir);
          const lookedAt = [path];
          for (const need of needs) {
            lookedAt.push(need);
            if (beyond(scope, [need]).length > 0) throw failed(`no ${need}`, lookedAt);
          }
          lookedAt.push(...looksAt);
          if (project.fault !== undefined) throw failed(project.fault, lookedAt);
          const { labels = {} } = project;
          return { lookedAt, warnings: [], project: { name: "shop", services: { web: { labels } } } };
        },
      },
    } as unknown as ReconcileDeps;
    const visit = {
      name: "shop",
      project: "shop",
      stableDir: join(dataDir, "stable"),
      application,
      secrets: { env: [] },
      record: () => ({}),
      mask: (text: string) => text,
      signal: stop.signal,
    };
    return (await stageAndRender(TARGET, visit as unknown as Visit, memory, deps)).rendering;
  }

  async function failure(project: Project): Promise<string> {
    return run(project).then(
      () => "no failure",
      (error: unknown) => (error instanceof Error ? error.message : "no error"),
    );
  }

  it("stages the folder of the project, once, and leaves that for the caller", async () => {
    await run({ looksAt: ["apps/shop/.env"] });

    expect(stages).to.deep.equal([["apps/shop"]]);
    expect(await left()).to.have.length(1);
  });

  it("stages everything, once, for a project at the root", async () => {
    await run({ path: ".", looksAt: ["anything"] });

    expect(stages).to.deep.equal([undefined]);
  });

  it("stages more when the rendering looked, or would look, at more", async () => {
    await run({ looksAt: ["common/optional.env", "apps/shop/x"] });

    expect(stages).to.deep.equal([["apps/shop"], ["apps/shop", "common/optional.env"]]);
    expect(await left()).to.have.length(1);
  });

  it("stages more, step by step, when the rendering fails for want of it", async () => {
    await run({ needs: ["common/a.yaml", "common/b.yaml"], looksAt: ["data"] });

    expect(stages).to.deep.equal([
      ["apps/shop"],
      ["apps/shop", "common/a.yaml"],
      ["apps/shop", "common/a.yaml", "common/b.yaml"],
      ["apps/shop", "common/a.yaml", "common/b.yaml", "data"],
    ]);
  });

  it("stages everything when it would take too many steps", async () => {
    await run({ needs: ["1", "2", "3", "4", "5"] });

    expect(stages).to.have.length(5);
    expect(stages.at(-1)).to.equal(undefined);
  });

  it("believes no error of a part: the one of the whole counts", async () => {
    expect(await failure({ fault: "it is wrong" })).to.equal("it is wrong");
    expect(stages).to.deep.equal([["apps/shop"], undefined]);
    expect(await left()).to.deep.equal([]);
  });

  it("tells the error of the part where there can be no whole", async () => {
    expect(await failure({ fault: "it is wrong", unstageable: "too large" })).to.equal("it is wrong");
    expect(await left()).to.deep.equal([]);
  });

  it("tells what is wrong with the whole where that was asked for", async () => {
    expect(await failure({ path: ".", unstageable: "too large" })).to.equal("too large");
  });

  it("refuses a label whose value means nothing, and leaves nothing behind", async () => {
    expect(await failure({ labels: { "conops.dev/on-file-change": "perhaps" } })).to.contain(
      "services.web.labels: conops.dev/on-file-change: must be one of",
    );
    expect(await left()).to.deep.equal([]);
  });

  it("warns of a label that it does not know", async () => {
    expect((await run({ labels: { "conops.dev/one-shoot": "true" } })).warnings).to.have.length(1);
  });

  it("stages nothing more once it was given up", async () => {
    stop.abort(new Error("stop"));

    expect(await failure({ fault: "it is wrong" })).to.equal("it is wrong");
    expect(stages).to.have.length(1);
    expect(await left()).to.deep.equal([]);
  });

  it("remembers what was needed, for the same spec, and no more than that", async () => {
    const memory: Pick<Memory, "scope"> = {};
    const project = { needs: ["1", "2", "3", "4"], looksAt: ["apps/shop/x"] };
    await run(project, memory);
    stages = [];

    await run(project, memory);
    expect(stages).to.deep.equal([["1", "2", "3", "4", "apps/shop"]]);

    stages = [];
    await run(project, { scope: { specHash: "another", paths: undefined } });
    expect(stages[0]).to.deep.equal(["apps/shop"]);
  });
});
