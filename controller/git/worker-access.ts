/** The worker's side of reaching a remote: credentials made ready before a connection asks for them, host keys in place. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../api/errors.ts";
import { createMask, type Mask } from "../lib/mask.ts";
import { nodegit, type NativeCredential } from "./nodegit.ts";
import { OperationFault } from "./operation-fault.ts";
import type { Access, HostKeys } from "./protocol.ts";
import { FOREIGN_KEYS, NOTHING_AGREED, REJECTED } from "./remote-causes.ts";
import { foreignKeyTypes } from "./worker-ssh-greeting.ts";

export interface Approach {
  readonly callbacks: { readonly credentials?: () => Promise<NativeCredential> };
  readonly headers: readonly string[];
}

interface Place {
  lines: string;
  /** Requests under way that rely on these lines. */
  users: number;
}

const places = new Map<string, Place>();

/** For what others said of a request: a server may repeat what it was sent. */
export function maskOf(access: Access | undefined): Mask {
  const { header, key } = access ?? {};
  const [, scheme, value = ""] = /^Authorization: (\w+) (.*)$/s.exec(header ?? "") ?? [];
  const plain = scheme === "Basic" ? Buffer.from(value, "base64").toString() : "";
  return createMask([
    value,
    plain,
    plain.slice(plain.indexOf(":") + 1),
    key?.privateKey ?? "",
    key?.passphrase ?? "",
  ]);
}

/** Runs `work` with what the remote needs. libgit2 accepts no host key but those of `access`. */
export async function withAccess<A>(
  access: Access | undefined,
  work: (approach: Approach) => Promise<A>,
): Promise<A> {
  const { header, key, hostKeys } = access ?? {};
  const leave = hostKeys === undefined ? () => undefined : occupy(hostKeys);
  try {
    return await work({
      callbacks: key === undefined ? {} : { credentials: await answerOnce(key) },
      headers: header === undefined ? [] : [header],
    });
  } catch (error) {
    if (hostKeys === undefined || !NOTHING_AGREED.test(messageOf(error))) throw error;
    const types = await foreignKeyTypes(hostKeys);
    if (types === undefined) throw error;
    throw new OperationFault("native", `${FOREIGN_KEYS}${types.join(", ")}`);
  } finally {
    leave();
  }
}

/**
 * nodegit's traps: a credential that is made while libgit2 waits for it takes a thread that may never come, and one that is
 * returned twice is freed twice. So it is made before, and returned once; a second question means that it was rejected.
 */
async function answerOnce(key: NonNullable<Access["key"]>): Promise<() => Promise<NativeCredential>> {
  const { user, privateKey, passphrase } = key;
  let credential: NativeCredential | undefined = await nodegit.Credential.sshKeyMemoryNew(
    user,
    "",
    privateKey,
    passphrase,
  );
  return () => {
    const ready = credential;
    credential = undefined;
    return ready === undefined ? Promise.reject(new Error(REJECTED)) : Promise.resolve(ready);
  };
}

/** libgit2 reads the file anew for each connection, and one file is all that a process can have. */
function occupy({ place, lines }: HostKeys): () => void {
  const known = places.get(place);
  if (known !== undefined && known.users > 0 && known.lines !== lines) {
    throw new OperationFault("native", "this worker is busy with other host keys of the same host");
  }
  const entry = known ?? { lines: "", users: 0 };
  places.set(place, entry);
  entry.users++;
  if (entry.lines !== lines) {
    entry.lines = lines;
    writeKnownHosts();
  }
  return () => {
    entry.users--;
  };
}

/** Whole and by rename, at once: a connection of another request may be reading it. */
function writeKnownHosts(): void {
  const folder = join(process.env["HOME"] ?? "", ".ssh");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const text = [...places.values()].map(({ lines }) => lines).join("");
  writeFileSync(join(folder, "known_hosts.new"), text, { mode: 0o600 });
  renameSync(join(folder, "known_hosts.new"), join(folder, "known_hosts"));
}
