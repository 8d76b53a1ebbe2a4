/** Shown above the commands in `conops --help`. */
export const DESCRIPTION = `GitOps for Docker Compose, in Kubernetes' manner.

Drop an Application into a folder: ConOps brings the Compose project of its Git
repository up on this host, follows every commit, and puts right what stops
matching Git.`;

/** Shown below the commands in `conops --help`. */
export const EPILOGUE = `
A first Application, manifests/hello.yaml:
  apiVersion: conops.dev/v1alpha1
  kind: Application
  metadata:
    name: hello
  spec:
    source:
      repoURL: https://git.example.com/hello.git
      revision: {branch: main}
      path: compose.yaml
      interval: 30s

  conops validate manifests/hello.yaml   is it right?
  conops run                             the controller: leave it running
  conops get -w                          watch it come up, in a second terminal
  conops describe hello                  everything about it, and why

  Edit the file, and the edit is deployed; remove it, and the project goes, volumes kept.

Where state lives:
  manifests/hello.yaml         yours: what you want
  manifests/hello.status.yaml  the controller's: what it observed
  .conops/                     the controller's own records, mirrors and checkouts
  Commands read and write these files: they also work while no controller runs.

Exit codes:
  0  done, or what was waited for came true
  1  failed, not valid, unknown name, or timed out
  2  the command line or a variable is wrong
  diff, sync --dry-run: 0 no differences, 1 differences, 2 anything else

Flags are also read from the environment: --data-dir is CONOPS_DATA_DIR.
"conops help COMMAND" shows a command with examples.
`;

/** The examples below the help of each command. */
export const EXAMPLES = {
  run: [
    ["conops run", "the controller on ./manifests and ./.conops"],
    ["conops run --manifests /srv/apps --data-dir /var/lib/conops", "folders of your own"],
    ["conops run --http 127.0.0.1:9464 --log-format json", "for a service manager"],
    ["conops run --http off", "without metrics and health"],
    ["conops run --policy restricted", "no Compose project may reach the host"],
  ],
  get: [
    ["conops get", "every Application in a table"],
    ["conops get shop -o yaml", "one, with spec and status"],
    ["conops get apps -o wide -l team=web", "more columns, only these labels"],
    ["conops get secrets", "Secrets, without their values; receivers; all"],
    ["conops get secret/shop app/shop", "of several kinds"],
    ["conops get -w", "keep on printing what changes"],
    ["conops get -o name", "names for a script"],
  ],
  describe: [
    ["conops describe shop", "spec, state, services, drift, conditions, history"],
    ["conops describe shop web", "two of them"],
    ["conops describe secret shop", "names, keys and ages of its fields, never a value"],
  ],
  history: [
    ["conops history shop", "what was done for it, newest first"],
    ["conops history shop -o wide", "with the commits' subjects, and where the logs are"],
    ["conops history shop --log", "what Compose and the containers said, last time"],
    ["conops history shop --log 12", "of the sync with that ID"],
  ],
  validate: [
    ["conops validate", "everything in the folder of manifests"],
    ["conops validate shop.yaml apps/", "files and folders"],
    ["git show main:shop.yaml | conops validate -", "the standard input"],
  ],
  sync: [
    ["conops sync shop", "look at the remote now, and apply what is wanted"],
    ["conops sync shop --wait", "and wait until it is healthy, or failed"],
    ["conops sync shop --wait --timeout 10m", "with more patience"],
    ["conops sync shop --dry-run", "only say what it would change"],
  ],
  diff: [
    ["conops diff shop", "what a sync would change now, and why"],
    ["conops diff shop --revision v1.4.2", "a commit, branch or tag instead of what it follows"],
    ["conops diff -f shop.yaml", "an edit that is not in the folder yet; - is the standard input"],
    ["conops diff shop -o json", "for a script"],
  ],
  retry: [["conops retry shop", "try again now, instead of at the end of the backoff"]],
  rollback: [
    ["conops rollback shop", "pin the last healthy revision before the present one"],
    ["conops rollback shop --to 1a2b3c4d --wait", "pin this one, and wait until it is healthy"],
    ["conops rollback shop --dry-run", "show the lines that would change, and what stays"],
    ["conops rollback shop --undo", "follow the branch again"],
  ],
  confirmDeletion: [
    ["conops confirm-deletion shop web", "go on with the deletion of these"],
    ["conops confirm-deletion --all", "of everything that is held"],
  ],
  wait: [
    ["conops wait shop --for Ready", "until what the manifest says now is up and healthy"],
    ["conops wait shop web --for Ready --timeout 10m", "several, with more patience"],
    ["conops wait shop --for Synced=False", "until a condition has another status"],
    ["conops wait shop --for phase=Stopped", "until a phase"],
    ["conops wait secret/shop --for Encrypted", "of another kind: until it is sealed"],
    ["conops wait shop --for delete", "until nothing is left of it"],
  ],
  keyGenerate: [
    ["conops key generate --output /etc/conops/keys", "a first key; keep a copy elsewhere"],
    ["conops key generate --add-to /etc/conops/keys", "a new key, before the old ones go"],
    ["conops key generate", "show one, for a vault or CONOPS_ENCRYPTION_KEY"],
  ],
  seal: [
    ["conops seal plain.yaml --output sealed.yaml", "a manifest with Secrets, safe to commit"],
    ["conops seal --in-place manifests/shop.yaml", "the same, where it is"],
    ["conops seal shop --from-file db=- < password", "a value from the standard input"],
    ["conops seal shop-git --ssh-key id_ed25519", "a deploy key (with --known-hosts FILE)"],
    ["conops seal shop-git --username ada --password-file token", "an access token, for https"],
    ["conops seal hub --docker-config ~/.docker/config.json", "the logins of docker login"],
  ],
  rotate: [
    ["conops rotate --dry-run", "what would be sealed anew"],
    ["conops rotate", "seal it, and say which keys can go"],
  ],
  policyShow: [
    ["conops policy show", "what restricted allows"],
    ["conops policy show restricted > policy.yaml", "to begin a policy of your own"],
    ["conops policy show default", "what holds without --policy"],
  ],
  policyCheck: [["conops policy check policy.yaml", "is it right?"]],
  version: [
    ["conops version", "for a person"],
    ["conops version -o json", "for a script"],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [string, string])[]>>;

/** The examples of one command as help shows them. */
export function formatExamples(command: keyof typeof EXAMPLES): string {
  const examples = EXAMPLES[command];
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}\n`);
  return `\nExamples:\n${lines.join("")}`;
}
