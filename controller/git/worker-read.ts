/** Single objects of a mirror, as the bytes that Git holds. */
import { nodegit, type NativeOdbObject, type NativeRepository } from "./nodegit.ts";
import { OperationFault } from "./operation-fault.ts";
import type { FetchRequest, ReadObject, ReadRequest } from "./protocol.ts";
import { lookupCommit, openMirror } from "./worker-mirror.ts";

/** Of a commit or tag that is to be verified, its message included. */
const MAX_SIGNED_BYTES = 4 * 1024 * 1024;

/** The bytes of a commit or tag. Throws OperationFault for one that is too large to be either. */
export async function readSigned({ mirror, id }: ReadRequest): Promise<ReadObject> {
  const repository = await openMirror(mirror);
  const object = repository === undefined ? null : await findObject(repository, id);
  if (object === null) return {};
  const sizeBytes = object.size();
  if (sizeBytes > MAX_SIGNED_BYTES) throw new OperationFault("UnsupportedContent", "its message is too long");
  return { bytes: object.data().toBuffer(sizeBytes) };
}

/** Whether the repository has everything that the fetch is for. */
export async function hasAll(
  repository: NativeRepository,
  { sha, tagObject }: Pick<FetchRequest, "sha" | "tagObject">,
): Promise<boolean> {
  if ((await lookupCommit(repository, sha)) === undefined) return false;
  return tagObject === undefined || (await findObject(repository, tagObject)) !== null;
}

async function findObject(repository: NativeRepository, id: string): Promise<NativeOdbObject | null> {
  const odb = await repository.odb();
  return odb.read(nodegit.Oid.fromString(id));
}
