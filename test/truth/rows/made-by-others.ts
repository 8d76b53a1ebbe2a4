import { TEST_IMAGE } from "../../support/engine.ts";
import { fact, type Section } from "../situation.ts";

const COMPOSE = "docker compose --project-name $project --project-directory $checkout --file $file";
const GUEST = {
  image: TEST_IMAGE,
  command: ["sleep", "2147483647"],
  stop_grace_period: "0s",
  network_mode: "none",
};

const SUSPEND = { spec: { suspend: true }, phase: "Suspended" } as const;
const RESUME = { spec: {}, phase: "Synced" } as const;

/** `docker compose up` by hand: the checkout's file, and this over it. */
function up(services: Readonly<Record<string, object>>, ...args: readonly string[]): string {
  const over = JSON.stringify({ services });
  return `echo '${over}' | ${COMPOSE} --file - up --detach ${args.join(" ")}`;
}

/** What somebody makes of a project with other files, other names, other tools. */
export const MADE_BY_OTHERS: Section = {
  title: "Made by somebody else's hand",
  rows: [
    {
      id: "config",
      title: "`docker compose up` with another environment",
      services: { web: { environment: { COLOR: "blue" } }, side: {} },
      steps: [up({ web: { environment: { COLOR: "red" } } }, "web")],
      passing: ["Created", "Stopped", "Missing"],
      found: [fact("web", "ConfigChanged", "configuration *", "configuration *")],
      healed: { web: "recreated" },
      by: "Compose",
    },
    {
      id: "same-up",
      title: "`docker compose up` from the very file of the checkout",
      services: { web: {}, side: {} },
      steps: [`${COMPOSE} up --detach`],
      found: [],
      never: ["ConfigChanged"],
      healed: {},
    },
    {
      id: "same-recreated",
      title: "`docker compose up --force-recreate` from the very file of the checkout",
      services: { web: {}, side: {} },
      steps: [SUSPEND, `${COMPOSE} up --detach --force-recreate web`, RESUME],
      passing: ["Stopped", "Missing", "Created"],
      found: [],
      never: ["ConfigChanged", "Missing"],
      healed: {},
    },
    {
      id: "orphan",
      title: "A service that the Compose file does not have is brought up in the project",
      services: { web: {} },
      steps: [up({ guest: GUEST }, "guest")],
      found: [fact("guest", "Orphan", "no such service", 'container "*-guest-1" is *')],
      healed: { guest: "removed" },
      by: "Compose",
    },
    {
      id: "orphan-kept",
      title: "The same, with `sync.prune: false`",
      services: { web: {} },
      spec: { sync: { prune: false } },
      steps: [up({ guest: GUEST }, "guest")],
      found: [fact("guest", "Orphan", "no such service", 'container "*-guest-1" is *')],
      healed: {},
      done: "nothing: it is shown, and the Application stays Synced",
    },
    {
      id: "run",
      title: "`docker compose run`, and it goes on running",
      services: { web: {} },
      steps: [`${COMPOSE} run --detach --name $project-once web sleep 2147483647`],
      found: [],
      never: ["Scaled", "Orphan"],
      healed: {},
    },
    {
      id: "run-failed",
      title: "`docker compose run`, and it fails",
      services: { web: {} },
      steps: [`${COMPOSE} run --name $project-once web sh -c 'exit 9' || :`],
      found: [],
      never: ["Exited", "Orphan"],
      healed: {},
    },
    {
      id: "exec",
      title: "`docker exec`, also one that fails",
      services: { web: {} },
      steps: ["docker exec $web true; docker exec $web sh -c 'exit 3' || :"],
      found: [],
      never: ["Exited", "Modified"],
      healed: {},
    },
    {
      id: "guest-labelled",
      title: "A container of somebody else that carries the project's label",
      services: { web: {} },
      steps: [
        [
          "docker run --detach --name $project-guest --label com.docker.compose.project=$project",
          "--label com.docker.compose.service=guest --network none $image && docker kill $project-guest",
        ].join(" "),
      ],
      found: [],
      never: ["Orphan", "Exited"],
      healed: {},
    },
    {
      id: "guest-service",
      title: "A container of somebody else that carries the labels of project and service",
      services: { web: {} },
      steps: [
        [
          "docker run --detach --name $project-guest --label com.docker.compose.project=$project",
          "--label com.docker.compose.service=web --network none $image",
        ].join(" "),
      ],
      found: [],
      never: ["Scaled", "ConfigChanged"],
      healed: {},
    },
    {
      id: "guest-named",
      title: "A container of somebody else whose name looks like one of the project's",
      services: { web: {} },
      steps: ["docker run --detach --name $project-web-2 --network none $image; docker kill $project-web-2"],
      found: [],
      never: ["Scaled", "Orphan", "Exited"],
      healed: {},
    },
    {
      id: "guest-in-place",
      title: "A container is removed, and one of somebody else takes its name, and leaves again",
      services: { web: {} },
      steps: [
        "docker rm --force $web; docker run --detach --name $web --network none $image; sleep 1; docker rm --force $web",
      ],
      passing: ["Stopped"],
      found: [fact("web", "Missing", "a container", "no container")],
      healed: { web: "made" },
      by: "Compose",
    },
    {
      id: "other-version",
      title: "A container that another version of Compose made of the same file",
      services: { web: {}, side: {} },
      steps: [
        SUSPEND,
        [
          `labels=$(docker inspect --format '{{range $k, $v := .Config.Labels}}--label {{$k}}={{$v}} {{end}}' $web)`,
          "docker rm --force $web",
          "docker run --detach --name $web --network none $labels --label com.docker.compose.version=2.99.0 $image",
        ].join("; "),
        RESUME,
      ],
      passing: ["Missing", "Stopped"],
      found: [],
      never: ["ConfigChanged", "Modified"],
      healed: {},
    },
    {
      id: "replicas-declared",
      title: "A service that declares three replicas has three",
      services: { web: { deploy: { replicas: 3 } } },
      steps: [`${COMPOSE} ps`],
      found: [],
      never: ["Scaled", "Missing"],
      healed: {},
    },
  ],
};
