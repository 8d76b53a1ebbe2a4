import { TEST_IMAGE } from "../../support/engine.ts";
import { fact, type Section } from "../situation.ts";

/** A commit in which every `one` is a `two`. */
const COMMIT =
  "sed -i s/one/two/ $(git ls-files | grep -v compose.yaml); git add --all && git commit --quiet --message Change";

/** What the service reads there. */
function reads(path: string, text: string): string {
  return `test "$(docker exec $web cat ${path})" = ${text}`;
}

function labelled(value: string): object {
  return { labels: { "conops.dev/on-file-change": value } };
}

/** A commit that changes a file which `web` uses in one way or another; `side` uses none. */
const BY_COMMIT = {
  synced: true,
  found: [],
  never: ["FilesChanged", "ConfigChanged", "LocalChange"],
  healings: 0,
} as const;

/** Files of the repository that services use. */
export const FILES: Section = {
  title: "Files of the repository",
  about:
    "A commit changes a file that `web` uses, and the sync makes `web` anew, or does what the label `conops.dev/on-file-change` " +
    "says. Every other service goes on running. Drift is what was not brought about, or was changed on this host.",
  rows: [
    {
      ...BY_COMMIT,
      id: "file-folder",
      title: "A commit changes a file in a folder that is mounted",
      services: { web: { volumes: ["./conf:/conf"] }, side: {} },
      files: { "conf/app": "one" },
      steps: [COMMIT],
      healed: { web: "recreated" },
      check: reads("/conf/app", "two"),
      done: "web is recreated",
    },
    {
      ...BY_COMMIT,
      id: "file-single",
      title: "A commit changes a file that is mounted by itself",
      services: { web: { volumes: ["./app:/app"] }, side: {} },
      files: { app: "one" },
      steps: [COMMIT],
      healed: { web: "recreated" },
      check: reads("/app", "two"),
      done: "web is recreated",
    },
    {
      ...BY_COMMIT,
      id: "file-config",
      title: "A commit changes the file of one of its `configs`",
      services: { web: { configs: [{ source: "app", target: "/app" }] }, side: {} },
      compose: { configs: { app: { file: "./app" } } },
      files: { app: "one" },
      steps: [COMMIT],
      healed: { web: "recreated" },
      check: reads("/app", "two"),
      done: "web is recreated",
    },
    {
      ...BY_COMMIT,
      id: "file-secret",
      title: "A commit changes the file of one of its `secrets`",
      services: { web: { secrets: ["app"] }, side: {} },
      compose: { secrets: { app: { file: "./app" } } },
      files: { app: "one" },
      steps: [COMMIT],
      healed: { web: "recreated" },
      check: reads("/run/secrets/app", "two"),
      done: "web is recreated",
    },
    {
      ...BY_COMMIT,
      id: "file-env",
      title: "A commit changes its `env_file`",
      services: { web: { env_file: ["./app.env"] }, side: {} },
      files: { "app.env": "COLOR=one\n" },
      steps: [COMMIT],
      healed: { web: "recreated" },
      check: "docker inspect $web | grep -q COLOR=two",
      done: "web is recreated",
    },
    {
      ...BY_COMMIT,
      id: "file-build",
      title: "A commit changes a file of its build context",
      services: { web: { image: "$tag", build: "./image" }, side: {} },
      files: { "image/Dockerfile": `FROM ${TEST_IMAGE}\nCOPY app /app\n`, "image/app": "one" },
      steps: [COMMIT],
      healed: { web: "recreated" },
      check: reads("/app", "two"),
      done: "web is built and recreated",
    },
    {
      ...BY_COMMIT,
      id: "file-unused",
      title: "A commit changes a file beside the ones that are mounted",
      services: { web: { volumes: ["./conf:/conf"] }, side: {} },
      files: { "conf/app": "three", "other/app": "one" },
      steps: [COMMIT],
      healed: {},
      done: "nothing: the revision is recorded as synced",
    },
    {
      ...BY_COMMIT,
      id: "file-restart",
      title: "A commit changes a mounted file, with `on-file-change: restart`",
      services: { web: { ...labelled("restart"), volumes: ["./app:/app"] }, side: {} },
      files: { app: "one" },
      steps: [COMMIT],
      healed: { web: "restarted" },
      check: reads("/app", "two"),
      done: "web is restarted, the same container",
    },
    {
      ...BY_COMMIT,
      id: "file-signal",
      title: "A commit changes a file in a folder that is mounted, with `on-file-change: signal=HUP`",
      services: {
        web: {
          ...labelled("signal=HUP"),
          command: [
            "sh",
            "-c",
            "trap 'cp /conf/app /seen' HUP; trap 'exit 0' TERM; while :; do sleep 0.3; done",
          ],
          volumes: ["./conf:/conf"],
        },
        side: {},
      },
      files: { "conf/app": "one" },
      steps: [COMMIT],
      healed: {},
      check: reads("/seen", "two"),
      done: "web is sent the signal, and goes on running",
    },
    {
      ...BY_COMMIT,
      id: "file-signal-single",
      title: "A commit changes a file that is mounted by itself, with `on-file-change: signal=HUP`",
      services: { web: { ...labelled("signal=HUP"), volumes: ["./app:/app"] }, side: {} },
      files: { app: "one" },
      steps: [COMMIT],
      healed: { web: "restarted" },
      check: reads("/app", "two"),
      done: "web is restarted: a signal does not bring it the file",
    },
    {
      ...BY_COMMIT,
      id: "file-ignore",
      title: "A commit changes a mounted file, with `on-file-change: ignore`",
      services: { web: { ...labelled("ignore"), volumes: ["./app:/app"] }, side: {} },
      files: { app: "one" },
      steps: [COMMIT],
      healed: {},
      check: reads("/app", "one"),
      done: "nothing: the service's message says so",
    },
    {
      id: "file-by-hand",
      title: "A tracked file is changed on this host, and no commit changes it",
      services: { web: { volumes: ["./conf:/conf"] } },
      files: { "conf/app": "one" },
      steps: ["echo mine >$checkout/conf/app"],
      found: [],
      never: ["LocalChange", "FilesChanged"],
      healed: {},
    },
    {
      id: "file-conflict",
      title: "A tracked file is changed on this host, and then a commit changes it",
      services: { web: { volumes: ["./conf:/conf"] }, side: {} },
      files: { "conf/app": "one" },
      steps: ["echo mine >$checkout/conf/app", COMMIT],
      found: [
        fact(
          "web",
          "LocalChange",
          '"conf/app" as in Git',
          '"conf/app": it was changed on disk since ConOps wrote it',
        ),
      ],
      never: ["FilesChanged"],
      healed: {},
      check: reads("/conf/app", "mine"),
      afterwards: "rm $checkout/conf/app",
      ends: { ready: "False", phase: "Degraded" },
      done: "nothing: the sync stops with `CheckoutConflict`, and what runs goes on",
    },
    {
      ...BY_COMMIT,
      id: "file-overwrite",
      title: "The same, with `conops.dev/on-local-change: overwrite`",
      services: {
        web: { labels: { "conops.dev/on-local-change": "overwrite" }, volumes: ["./conf:/conf"] },
        side: {},
      },
      files: { "conf/app": "one" },
      steps: ["echo mine >$checkout/conf/app", COMMIT],
      healed: { web: "recreated" },
      check: reads("/conf/app", "two"),
      done: "a copy is kept, and web is recreated with the file of the commit",
    },
  ],
};
