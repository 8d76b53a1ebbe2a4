/** Code points that HFS+ does not see in names. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** What NTFS takes for `.git`: also its short name, with dots and blanks behind it, and with the name of a stream. */
const DOT_GIT_OF_NTFS = /^(?:\.git|git~1)[ .]*(?:[\\:]|$)/i;

/**
 * Whether a file name is `.git` to some file system: in any case, with what HFS+ leaves out, or in the disguises of NTFS.
 * None of them is ever written, whatever the data directory lies on: Git programs would take the folder for a repository,
 * and obey its configuration.
 */
export function isDotGit(name: string): boolean {
  return DOT_GIT_OF_NTFS.test(name) || name.replace(IGNORED_BY_HFS, "").toLowerCase() === ".git";
}
