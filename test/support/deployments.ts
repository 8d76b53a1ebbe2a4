import { stringify } from "yaml";
import { TEST_IMAGE, until } from "./engine.ts";
import type { TempRepo } from "./git-repo.ts";
import type { Inspected, World } from "./world.ts";

type Services = Readonly<Record<string, object>>;

/** Runs until it is told to end, which it does at once. */
export const FOR_EVER: readonly string[] = ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"];

/** A Compose file; each service has the tests' image and runs for ever, unless it says otherwise. */
export function composeOf(services: Services): string {
  return stringify({
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        { image: TEST_IMAGE, command: FOR_EVER, ...service },
      ]),
    ),
  });
}

/** Applications of a world, each with a repository of its name. */
export interface Deployments {
  project(name: string): string;
  /** Commits the services and writes the manifest; resolves with the repository when the Application is Ready. */
  deploy(name: string, services: Services, spec?: Readonly<Record<string, unknown>>): Promise<TempRepo>;
  /** Commits services; the revision. */
  push(name: string, services: Services): Promise<string>;
  /** Suspends the Application for what `act` does to its containers. Its spec is the default one otherwise. */
  whileSuspended(name: string, act: () => Promise<unknown>): Promise<void>;
  /** The container of the service; waits until there is one. */
  container(name: string, service?: string): Promise<Inspected>;
  /** When it started and ended last, wall milliseconds. */
  times(container: string): Promise<{ readonly startedAt: number; readonly finishedAt: number }>;
}

export function createDeployments(world: World): Deployments {
  const project = (name: string): string => `${world.prefix}-${name}`;
  const push: Deployments["push"] = async (name, services) =>
    (await world.repo(name)).commit({ "compose.yaml": composeOf(services) });
  return {
    project,
    push,
    async deploy(name, services, spec = {}) {
      const revision = await push(name, services);
      await world.manifest(name, spec);
      await world.untilReady(name, revision, 90_000);
      return world.repo(name);
    },
    async whileSuspended(name, act) {
      await world.manifest(name, { suspend: true });
      await world.untilStatus(name, "it is suspended", ({ phase }) => phase === "Suspended");
      await act();
      await world.manifest(name, {});
    },
    container: (name, service = "web") =>
      until(`"${name}" has a container of ${service}`, async () =>
        (await world.containers(project(name))).find(
          ({ Config }) => Config.Labels["com.docker.compose.service"] === service,
        ),
      ),
    async times(container) {
      const format = "{{.State.StartedAt}} {{.State.FinishedAt}}";
      const text = await world.docker("inspect", container, "--format", format);
      const [startedAt = 0, finishedAt = 0] = text
        .trim()
        .split(" ")
        .map((time) => Date.parse(time));
      return { startedAt, finishedAt };
    },
  };
}
