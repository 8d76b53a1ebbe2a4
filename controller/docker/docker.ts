/**
 * The engine behind a port. Lists and inspects (a list alone is not believed: after a full disk it says "Up (healthy)"
 * of containers that have exited), and does the few single-container acts that Compose cannot.
 * Errors: ReconcileError `EngineUnavailable` when the engine does not answer within the limit, or refuses to be read;
 * `HealFailed` when it refuses an act. Neither is terminal. The caller's own abort reason when it aborts.
 */
export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

/** How a container is attached to one network. */
export interface Attachment {
  readonly network: string;
  readonly networkId: string;
  /** Names that it answers to there, sorted; without the container's own short id, which some engines add. */
  readonly aliases: readonly string[];
  /** Addresses that were asked for; an address that the engine chose is none. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** It was asked for more than is told here (links, driver options, a priority): no connect by us would be the same. */
  readonly special: boolean;
}

/**
 * What `docker update` can change, by the name of its option (`memory`, `cpus`, `restart`, ...): bytes, counts, words. What
 * is unlimited or unset is not there.
 */
export type ContainerSettings = Readonly<Record<string, string | number>>;

export interface ObservedContainer {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly service: string;
  /** 0 where the label is missing. */
  readonly number: number;
  /** Made by `docker compose run`: never ours to judge. */
  readonly oneOff: boolean;
  readonly state: ContainerState;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** What the engine said when it could not start it: as it said it, for nobody's eyes before it went through a mask. */
  readonly error: string;
  readonly health: "none" | "starting" | "healthy" | "unhealthy";
  /** Output of the last failing probe, as it is, like `error`. */
  readonly healthOutput: string;
  readonly restartPolicy: "no" | "always" | "unless-stopped" | "on-failure";
  readonly restartCount: number;
  /** Milliseconds since the epoch; 0 for never. */
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The image as the container names it, and the id it was made from. */
  readonly image: string;
  readonly imageId: string;
  /** Fingerprint of the label com.docker.compose.config-hash; empty where there is none: then Compose does not know it. */
  readonly configHash: string;
  readonly composeVersion: string;
  /** Label com.docker.compose.project.working_dir. */
  readonly workingDir: string;
  readonly mounts: readonly {
    readonly type: string;
    readonly source: string;
    readonly name?: string;
    readonly target: string;
  }[];
  readonly publishesPorts: boolean;
  /** Sorted by network. */
  readonly attachments: readonly Attachment[];
  readonly settings: ContainerSettings;
  /**
   * Fingerprint of all else that the container was created with, as the engine shows it: of two containers with one shape,
   * whichever Compose made them, neither is configured otherwise than the other. Empty where the engine did not show it: then
   * attachments and settings are unknown, too.
   */
  readonly shape: string;
}

/** A network with the label of a Compose project. */
export interface ObservedNetwork {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  /** Fingerprint of the label com.docker.compose.config-hash; empty where there is none, as by older Composes. */
  readonly configHash: string;
  readonly composeVersion: string;
}

/** A volume with the label of a Compose project. */
export interface ObservedVolume {
  readonly name: string;
  readonly project: string;
  readonly configHash: string;
  readonly composeVersion: string;
  readonly driver: string;
  /** Values may hold passwords (of a network share): for comparison alone. */
  readonly options: Readonly<Record<string, string>>;
}

export interface ProjectObjects {
  readonly networks: readonly ObservedNetwork[];
  readonly volumes: readonly ObservedVolume[];
}

export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly name: string;
}

/** An image of the engine, under all of its names. */
export interface LocalImage {
  readonly id: string;
  /** `NAME:TAG`, as the engine shows them. */
  readonly tags: readonly string[];
  /** `NAME@sha256:...`: what registries have it as. */
  readonly digests: readonly string[];
}

/** One event of the stream, reduced to what ConOps needs. */
export interface EngineEvent {
  readonly type: "container" | "network" | "volume" | "image";
  /** As the engine says it, such as `die` or `health_status: healthy`. */
  readonly action: string;
  /** Container id: of the container itself, or of the one (dis)connected; of an image event, what it names. */
  readonly containerId: string;
  /** Empty for events of networks and images, which carry no container labels. */
  readonly project: string;
  readonly service: string;
  readonly exitCode?: number;
  /** The signal that a `kill` sent: `docker kill -s HUP` asks for a reload, not for an end. */
  readonly killSignal?: number;
  /** Milliseconds since the epoch, with a fraction. */
  readonly at: number;
}

export interface Docker {
  /** How `configHash` of a container comes from Compose's own hash. */
  configFingerprint(hash: string): string;
  engine(signal: AbortSignal): Promise<EngineInfo>;
  /** Every container with a Compose project label, running or not, inspected. */
  listAll(signal: AbortSignal): Promise<readonly ObservedContainer[]>;
  listProject(project: string, signal: AbortSignal): Promise<readonly ObservedContainer[]>;
  /** Undefined when there is no such container, or it is not of a Compose project. */
  inspect(id: string, signal: AbortSignal): Promise<ObservedContainer | undefined>;
  /** Any container, of a project or not, by id or name: its full id and what is mounted where. Undefined when there is none. */
  findMounts(
    nameOrId: string,
    signal: AbortSignal,
  ): Promise<
    | {
        readonly id: string;
        readonly mounts: readonly { readonly source: string; readonly target: string }[];
      }
    | undefined
  >;
  /** Names of networks and volumes that carry the project's label. */
  listProjectObjects(
    project: string,
    signal: AbortSignal,
  ): Promise<{ readonly networks: readonly string[]; readonly volumes: readonly string[] }>;
  /** Networks and volumes with the label of a Compose project: of this one, or of any. Sorted by name. */
  listObjects(project: string | undefined, signal: AbortSignal): Promise<ProjectObjects>;
  /** The id that an image name stands for now; undefined when there is none. */
  imageId(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** The image that a name or id stands for now; undefined when there is none. */
  image(nameOrId: string, signal: AbortSignal): Promise<LocalImage | undefined>;
  /** Every image, also those without a name. */
  images(signal: AbortSignal): Promise<readonly LocalImage[]>;
  /** Lets the name stand for this image. Throws ReconcileError `HealFailed`. */
  tagImage(id: string, name: string, signal: AbortSignal): Promise<void>;
  /**
   * Takes the name from its image; with its last name an image goes that no container is of. Nothing is wrong when there is no
   * such name, nor when the engine keeps it because a container needs it.
   */
  untagImage(name: string, signal: AbortSignal): Promise<void>;
  /**
   * The digest that the registry has for the name now: the engine asks it, with this login (the header X-Registry-Auth; empty
   * for none). Throws ReconcileError `RateLimited`, `AuthenticationFailed` or `ImageLookupFailed`, and `EngineUnavailable`.
   */
  registryDigest(name: string, login: string, signal: AbortSignal): Promise<string>;
  start(id: string, signal: AbortSignal): Promise<void>;
  unpause(id: string, signal: AbortSignal): Promise<void>;
  restart(id: string, signal: AbortSignal): Promise<void>;
  /** Sends a signal to the first process of a running container: `HUP`, `USR1`, `RTMIN+3`. */
  kill(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** Removes a container, running or not; its volumes stay. Nothing is wrong when it is gone. */
  removeContainer(id: string, signal: AbortSignal): Promise<void>;
  rename(id: string, name: string, signal: AbortSignal): Promise<void>;
  /** Attaches the container to the network that the attachment names, as it says; it goes on running. */
  connect(id: string, attachment: Attachment, signal: AbortSignal): Promise<void>;
  /** `network`: its id or name. */
  disconnect(id: string, network: string, signal: AbortSignal): Promise<void>;
  /** The containers that run on the network, of whatever project; undefined when there is no such network. */
  networkMembers(
    id: string,
    signal: AbortSignal,
  ): Promise<readonly { readonly id: string; readonly name: string }[] | undefined>;
  removeNetwork(id: string, signal: AbortSignal): Promise<void>;
  /** The last lines a container wrote, both streams, control characters removed. */
  lastLines(id: string, lines: number, signal: AbortSignal): Promise<readonly string[]>;
  /** Events from `sinceMs` on, until the signal aborts. Throws when the stream breaks: list again, then reopen. */
  events(sinceMs: number, signal: AbortSignal): AsyncIterable<EngineEvent>;
}
