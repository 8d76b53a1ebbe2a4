/**
 * Git LFS leaves a small text in the place of a file whose content it keeps elsewhere. Its grammar is narrow
 * (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md): a line for the version, then keys in order, at most 1024 bytes.
 */
const POINTER =
  /^version https?:\/\/(?:git-lfs\.github\.com\/spec\/v1|hawser\.github\.com\/spec\/v1|git-media\.io\/v\/2)\n(?:ext-[0-9]-[^ \n]+ [a-z0-9]+:[^ \n]+\n)*oid sha256:[0-9a-f]{64}\nsize [0-9]{1,20}\n?$/;

const MAX_BYTES = 1024;
/** The version line of the shortest form, an oid, a size of one digit, and no line feed at the end. */
const MIN_BYTES = 32 + 76 + 6;

/** Whether a file of this size can be one: only then its bytes are worth a look. */
export function canBeLfsPointer(sizeBytes: number): boolean {
  return sizeBytes >= MIN_BYTES && sizeBytes < MAX_BYTES;
}

/** Whether these bytes, all of a file, are a pointer of Git LFS. */
export function isLfsPointer(bytes: Uint8Array): boolean {
  return canBeLfsPointer(bytes.length) && POINTER.test(Buffer.from(bytes).toString("latin1"));
}
