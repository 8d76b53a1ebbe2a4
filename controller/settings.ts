/** What can be set, by flag or variable: also the table in docs/configuration.md, and the help. */
export interface Setting {
  /** As commander declares it: `--http <host:port>`. */
  readonly flag: string;
  readonly variable: string;
  /** As people read it. */
  readonly default: string;
  readonly meaning: string;
  /** Every command takes it; the others only `run`. */
  readonly everywhere?: true;
  /** `diff` and `sync --dry-run` take it, too: it decides what an apply would do. */
  readonly previews?: true;
}

/** Every setting, in the order of the help. A flag wins over its variable, a variable over the default. */
export const SETTINGS = {
  manifests: {
    flag: "--manifests <dir>",
    variable: "CONOPS_MANIFESTS",
    default: "./manifests",
    meaning: "folder of manifests: what you want, with the status files beside it",
    everywhere: true,
  },
  dataDir: {
    flag: "--data-dir <dir>",
    variable: "CONOPS_DATA_DIR",
    default: "./.conops",
    meaning: "folder of the controller's own: records, mirrors, checkouts",
    everywhere: true,
  },
  http: {
    flag: "--http <host:port>",
    variable: "CONOPS_HTTP",
    default: "127.0.0.1:9464",
    meaning: "address of /metrics, /healthz, /readyz and /hooks/NAME; off switches it off",
  },
  logFormat: {
    flag: "--log-format <format>",
    variable: "CONOPS_LOG_FORMAT",
    default: "pretty on a terminal, else json",
    meaning: "json or pretty",
  },
  logLevel: {
    flag: "--log-level <level>",
    variable: "CONOPS_LOG_LEVEL",
    default: "info",
    meaning: "debug, info, warn or error",
  },
  concurrency: {
    flag: "--concurrency <number>",
    variable: "CONOPS_CONCURRENCY",
    default: "4",
    meaning: "how many Applications are worked on at a time, 1 to 64",
  },
  shutdownTimeout: {
    flag: "--shutdown-timeout <duration>",
    variable: "CONOPS_SHUTDOWN_TIMEOUT",
    default: "20s",
    meaning: "how long a stop waits for what is under way before it cancels it",
  },
  allowFileRepos: {
    flag: "--allow-file-repos",
    variable: "CONOPS_ALLOW_FILE_REPOS",
    default: "false",
    meaning: "allow file: URLs and local paths as repoURL",
    previews: true,
  },
  maxFileSize: {
    flag: "--max-file-size <size>",
    variable: "CONOPS_MAX_FILE_SIZE",
    default: "100MiB",
    meaning: "how large one file of a checkout may be",
    previews: true,
  },
  maxRepositorySize: {
    flag: "--max-repository-size <size>",
    variable: "CONOPS_MAX_REPOSITORY_SIZE",
    default: "2GiB",
    meaning: "the most that one fetch of a repository may receive, and one checkout hold",
    previews: true,
  },
  knownHosts: {
    flag: "--known-hosts <file>",
    variable: "CONOPS_KNOWN_HOSTS",
    default: "none",
    meaning: "keys of SSH hosts, in the format of known_hosts",
    previews: true,
  },
  gitCaFile: {
    flag: "--git-ca-file <file>",
    variable: "CONOPS_GIT_CA_FILE",
    default: "none",
    meaning: "certificates (PEM) of authorities that https remotes may have besides the system's",
    previews: true,
  },
  policy: {
    flag: "--policy <file>",
    variable: "CONOPS_POLICY",
    default: "default",
    meaning: "what Compose projects may ask of the host: a file of Policies, restricted or default",
    previews: true,
  },
  dockerHost: {
    flag: "--docker-host <url>",
    variable: "CONOPS_DOCKER_HOST",
    default: "DOCKER_HOST, else unix:///var/run/docker.sock",
    meaning: "the Docker engine: unix:///PATH or tcp://HOST:PORT",
    previews: true,
  },
  imageInterval: {
    flag: "--image-interval <duration>",
    variable: "CONOPS_IMAGE_INTERVAL",
    default: "5m",
    meaning:
      "how often registries are asked for new images where pull is always, at least 1s; off: only at syncs",
  },
  encryptionKeyFile: {
    flag: "--encryption-key-file <file>",
    variable: "CONOPS_ENCRYPTION_KEY_FILE",
    default: "none: Secrets stay as they are written",
    meaning:
      "keys that seal Secrets, one a line, the first seals; CONOPS_ENCRYPTION_KEY may hold them instead",
    previews: true,
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;

/** What commander read: flags that were not given are undefined. */
export type Flags = Readonly<Partial<Record<SettingName, string | boolean>>>;
