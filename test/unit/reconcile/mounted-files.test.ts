import { expect } from "chai";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { mountedFiles, servicesWithOldFiles } from "../../../controller/reconcile/mounted-files.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const file = (path: string, blob: string) => ({ path, mode: "100644", blob }) as const;
const ENTRIES = [
  file("conf/web.conf", "a"),
  file("conf/other", "b"),
  file("secret", "c"),
  file("README", "d"),
];

describe("mountedFiles()", () => {
  it("finds binds, configs and secrets of the checkout, and nothing else", () => {
    const mounted = mountedFiles(
      {
        name: "p",
        services: {
          bind: { volumes: [{ type: "bind", source: "/co/conf/web.conf", target: "/x" }] },
          folder: { volumes: [{ type: "bind", source: "/co/conf", target: "/x" }] },
          host: { volumes: [{ type: "bind", source: "/etc/hosts", target: "/x" }] },
          neighbour: { volumes: [{ type: "bind", source: "/co-other/conf", target: "/x" }] },
          data: { volumes: [{ type: "bind", source: "/co/data", target: "/x" }] },
          named: { volumes: [{ type: "volume", source: "data", target: "/x" }] },
          config: { configs: [{ source: "c" }] },
          secret: { secrets: [{ source: "s" }] },
        },
        configs: { c: { file: "/co/conf/web.conf" } },
        secrets: { s: { file: "/co/secret" } },
      },
      "/co",
      ENTRIES,
    );

    expect(Object.keys(mounted)).to.deep.equal(["bind", "folder", "config", "secret"]);
    expect(mounted["bind"]).to.equal(mounted["config"]);
    expect(mounted["bind"]).not.to.equal(mounted["folder"]);
  });
});

describe("servicesWithOldFiles()", () => {
  const SINCE = 5000;
  const cases: readonly (readonly [
    string,
    string | undefined,
    Partial<ObservedContainer>,
    readonly string[],
  ])[] = [
    ["names a service that runs on with other files", "old", { startedAt: 4000 }, ["web"]],
    ["not one whose files are the same", "new", { startedAt: 4000 }, []],
    ["not one that was made or started meanwhile", "old", { startedAt: 6000 }, []],
    ["not one that does not run", "old", { startedAt: 4000, state: "exited" }, []],
    ["names one that mounts its first file", undefined, { startedAt: 4000 }, ["web"]],
  ];
  for (const [name, before, container, found] of cases) {
    it(name, () => {
      const earlier = { mountedFiles: before === undefined ? {} : { web: before } };

      const services = servicesWithOldFiles(
        earlier,
        { mountedFiles: { web: "new" } },
        [fakeContainer("c", container)],
        SINCE,
      );

      expect(services).to.deep.equal(found);
    });
  }

  it("names none at the first deployment", () => {
    expect(
      servicesWithOldFiles(undefined, { mountedFiles: { web: "new" } }, [fakeContainer("c")], SINCE),
    ).to.deep.equal([]);
  });
});
