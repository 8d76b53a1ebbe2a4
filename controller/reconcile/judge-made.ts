/**
 * A running container against what was made of its service. Pure. By evidence alone: where nothing is on record (an older
 * record, another version of the engine, a container that somebody made alike), nothing is drift.
 */
import type { Attachment, ContainerSettings, ObservedContainer } from "../docker/docker.ts";
import { shortDigest } from "../lib/image-reference.ts";
import type { MadeAttachment, MadeContainer, MadeService } from "../status/record.ts";
import type { DesiredService } from "./desired.ts";
import type { Difference, Repair } from "./judged.ts";
import { settingsInWords } from "./settings-words.ts";

export interface MadeVerdict {
  readonly differences: readonly Difference[];
  readonly fresh: boolean;
}

/** The engine makes these anew at each start, with other ids. */
const PREDEFINED: ReadonlySet<string> = new Set(["bridge", "host", "none"]);
const RECREATE: Repair = { act: "recreate" };

export function judgeMade(
  container: ObservedContainer,
  service: Pick<DesiredService, "fixedMac">,
  made: MadeService | undefined,
): MadeVerdict {
  if (made === undefined || container.shape === "") return { differences: [], fresh: false };
  const known = made.made?.[container.id];
  if (known !== undefined) {
    // Labels cannot change: if the hash is not the one on record, we write it otherwise by now.
    const isRewritten = known.configHash !== container.configHash;
    const differences = [...modified(container, known), ...networks(container, known, service)];
    return { differences, fresh: isRewritten && differences.length === 0 };
  }
  const like = alike(container, made);
  if (like === undefined && made.configHash !== "" && made.configHash !== container.configHash) {
    return { differences: [configChanged(container, made)], fresh: false };
  }
  // A container has one image for its whole life: with another than the recorded one, somebody else has made it.
  if (made.imageId !== "" && container.imageId !== made.imageId) {
    return { differences: [imageChanged(container, made)], fresh: false };
  }
  const differences =
    like === undefined ? [] : [...changedSettings(container, like), ...otherNetworks(container, like)];
  return { differences, fresh: differences.length === 0 };
}

/** What was made of the same configuration. Versions of Compose write different hashes of it: then its shape tells. */
function alike(container: ObservedContainer, { made = {} }: MadeService): MadeContainer | undefined {
  const all = Object.values(made);
  return (
    all.find(({ configHash }) => configHash === container.configHash) ??
    all.find(
      ({ composeVersion, shape }) => composeVersion !== container.composeVersion && shape === container.shape,
    )
  );
}

function configChanged({ configHash }: ObservedContainer, made: MadeService): Difference {
  return {
    kind: "ConfigChanged",
    expected: `configuration ${short(made.configHash)}`,
    actual: `configuration ${short(configHash)}`,
    repair: RECREATE,
  };
}

function imageChanged({ imageId }: ObservedContainer, made: MadeService): Difference {
  return {
    kind: "ImageChanged",
    expected: `image ${shortDigest(made.imageId)}`,
    actual: `made of image ${shortDigest(imageId)}`,
    repair: RECREATE,
  };
}

/** `docker rename` and `docker update`, as one. */
function modified(container: ObservedContainer, made: MadeContainer): readonly Difference[] {
  const [settings] = changedSettings(container, made);
  if (container.name === made.name) return settings === undefined ? [] : [settings];
  const name = { expected: `name "${made.name}"`, actual: `name "${container.name}"` };
  // Where a part of the name is masked, only Compose knows it.
  const rename: Repair = made.name.includes("***") ? RECREATE : { act: "rename", name: made.name };
  return settings === undefined
    ? [{ kind: "Modified", ...name, repair: rename }]
    : [
        {
          kind: "Modified",
          expected: `${name.expected}, ${settings.expected}`,
          actual: `${name.actual}, ${settings.actual}`,
          repair: RECREATE,
        },
      ];
}

function changedSettings(
  { settings }: ObservedContainer,
  made: { readonly settings: ContainerSettings },
): readonly Difference[] {
  const options = [...new Set([...Object.keys(settings), ...Object.keys(made.settings)])]
    .filter((option) => settings[option] !== made.settings[option])
    .toSorted();
  if (options.length === 0) return [];
  const [expected, actual] = [made.settings, settings].map((all) => settingsInWords(all, options));
  return [{ kind: "Modified", expected: expected ?? "", actual: actual ?? "", repair: RECREATE }];
}

function networks(
  container: ObservedContainer,
  made: MadeContainer,
  { fixedMac = false }: Pick<DesiredService, "fixedMac">,
): readonly Difference[] {
  return [
    ...made.attachments.flatMap((attachment): readonly Difference[] => {
      const now = container.attachments.find(({ network }) => network === attachment.network);
      const exact =
        !attachment.special && !fixedMac && !attachment.aliases.some((alias) => alias.includes("***"));
      const by = (act: "attach" | "reattach"): Repair =>
        exact ? { act, attachment: connectable(attachment) } : RECREATE;
      if (now === undefined) return [detached(attachment.network, by("attach"))];
      return changedAttachment(attachment, now, by("reattach"));
    }),
    ...furtherNetworks(container, made),
  ];
}

/** Of a container that was made by others: what its name and its place among others decide is not compared. */
function otherNetworks(container: ObservedContainer, made: MadeContainer): readonly Difference[] {
  const attached = new Set(container.attachments.map(({ network }) => network));
  return [
    ...made.attachments
      .filter(({ network }) => !attached.has(network))
      .map(({ network }) => detached(network, RECREATE)),
    ...furtherNetworks(container, made),
  ];
}

function detached(network: string, repair: Repair): Difference {
  return {
    kind: "NetworkDetached",
    expected: `attached to network "${network}"`,
    actual: `not attached to network "${network}"`,
    of: network,
    repair,
  };
}

function furtherNetworks(container: ObservedContainer, made: MadeContainer): readonly Difference[] {
  const known = new Set(made.attachments.map(({ network }) => network));
  return container.attachments
    .filter(({ network }) => !known.has(network))
    .map(({ network, networkId }) => ({
      kind: "NetworkChanged",
      expected: `not attached to network "${network}"`,
      actual: `attached to network "${network}"`,
      of: network,
      repair: { act: "detach", network: networkId === "" ? network : networkId },
    }));
}

function changedAttachment(made: MadeAttachment, now: Attachment, reattach: Repair): readonly Difference[] {
  const { network } = made;
  const isOther = (was: string, is: string): boolean => was !== "" && is !== "" && was !== is;
  if (!PREDEFINED.has(network) && isOther(made.networkId, now.networkId)) {
    return [
      {
        kind: "NetworkChanged",
        expected: `attached to network "${network}" as it was made`,
        actual: `attached to another network of the name "${network}"`,
        of: network,
        repair: RECREATE,
      },
    ];
  }
  const [was, is] = [made, now].map(endpointInWords);
  if (was === undefined || is === undefined || was === is) return [];
  return [{ kind: "NetworkChanged", expected: was, actual: is, of: network, repair: reattach }];
}

function endpointInWords({ network, aliases, ipv4, ipv6 }: MadeAttachment | Attachment): string {
  const known = aliases.length === 0 ? "without a name of its own" : `as ${aliases.map(quoted).join(", ")}`;
  const addresses = [ipv4, ipv6].filter((address) => address !== undefined);
  return [`in network "${network}"`, known, ...addresses.map((address) => `at ${address}`)].join(" ");
}

/** By the network's name: one that was made anew meanwhile is better than none, until the service is made anew. */
function connectable(attachment: MadeAttachment): Attachment {
  return { ...attachment, networkId: attachment.network };
}

function quoted(text: string): string {
  return `"${text}"`;
}

function short(hash: string): string {
  return hash === "" ? "none" : hash.slice(0, 12);
}
