import { fact, JOB, type Section } from "../situation.ts";

const COMMIT = 'git add --all && git commit --quiet --message "Change"';

/** What is pushed. */
export const COMMITS: Section = {
  title: "Commits that change nothing that runs",
  about: "The revision is recorded as synced, and no container is touched.",
  rows: [
    {
      id: "commit-readme",
      title: "A commit changes a file that no service uses",
      services: { web: {} },
      files: { "README.md": "one\n" },
      steps: [`echo two >README.md; ${COMMIT}`],
      synced: true,
      found: [],
      never: ["ConfigChanged", "FilesChanged"],
      healed: {},
    },
    {
      id: "commit-comment",
      title: "A commit changes a comment in the Compose file",
      services: { web: { environment: { COLOR: "blue" } } },
      steps: [`echo "# a comment" >>compose.yaml; ${COMMIT}`],
      synced: true,
      found: [],
      never: ["ConfigChanged", "FilesChanged"],
      healed: {},
    },
    {
      id: "commit-empty",
      title: "A commit changes nothing (`git commit --allow-empty`)",
      services: { web: {}, job: { ...JOB, labels: { "conops.dev/one-shot": "true" } } },
      steps: ['git commit --quiet --allow-empty --message "Again"'],
      synced: true,
      found: [],
      never: ["Exited"],
      healed: {},
    },
    {
      id: "commit-one",
      title: "A commit changes one of two services",
      services: { web: { environment: { COLOR: "blue" } }, side: {} },
      steps: [`sed -i s/blue/green/ compose.yaml; ${COMMIT}`],
      synced: true,
      found: [],
      never: ["ConfigChanged", "FilesChanged"],
      healed: { web: "recreated" },
      by: "Compose",
      healings: 0,
      done: "the commit is applied: `web` is recreated",
    },
    {
      id: "commit-forced",
      title: "A branch is set back to an older commit that is equal in what is used",
      services: { web: {} },
      files: { "README.md": "one\n" },
      steps: [`echo two >README.md; ${COMMIT}; sleep 2; git reset --quiet --hard HEAD~1`],
      synced: true,
      found: [],
      healed: {},
    },
  ],
};

/** The checkout on this host. */
export const CHECKOUTS: Section = {
  title: "The checkout on the host",
  rows: [
    {
      id: "checkout-anew",
      title: "The checkout is copied away and back: the same bytes in other files",
      services: { web: { volumes: ["./conf:/conf:ro"] } },
      files: { "conf/app": "one\n" },
      steps: ["cp -a $checkout $checkout.copy && rm -rf $checkout && mv $checkout.copy $checkout"],
      found: [],
      never: ["ConfigChanged", "FilesChanged"],
      healed: {},
    },
    {
      id: "checkout-data",
      title: "A container writes data beside the files of the checkout",
      services: { web: { volumes: ["./data:/data"] } },
      files: { "data/.keep": "" },
      steps: ["docker exec $web sh -c 'echo row >/data/table'"],
      found: [],

      healed: {},
    },
    {
      id: "checkout-gone",
      title: "The checkout is removed, and a container as well",
      services: { web: {}, side: {} },
      steps: ["rm -rf $checkout; docker rm --force $web"],
      passing: ["Stopped"],
      found: [fact("web", "Missing", "a container", "no container")],
      healed: { web: "made" },
      by: "Compose",
      done: "made of the recorded rendering, without Git",
    },
  ],
};
