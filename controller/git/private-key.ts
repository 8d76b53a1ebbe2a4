/** What can be said of an SSH private key before it is used; never a byte of it. */

/** What is wrong with the key, as in "the private key ⟨fault⟩"; undefined when nothing is seen. */
export function faultOfPrivateKey(text: string, passphrase: string | undefined): string | undefined {
  const key = text.trim();
  if (key === "") return "is empty";
  if (key.startsWith("PuTTY-User-Key-File")) {
    return "is in PuTTY's format: convert it by `puttygen KEY -O private-openssh`";
  }
  if (/^(?:ssh-|ecdsa-|sk-)\S+ /.test(key))
    return "is a public key: the private one is in the file without .pub";
  const [, kind, body = ""] =
    /^-----BEGIN ((?:[A-Z0-9]+ )*)PRIVATE KEY-----\s([\s\S]*?)-----END \1PRIVATE KEY-----$/.exec(key) ?? [];
  if (kind === undefined) return "is not in the format of OpenSSH or PEM: -----BEGIN ... PRIVATE KEY-----";
  if (kind === "DSA ") return "is of the type DSA, which is not supported: make one of type ed25519";
  const isEncrypted =
    kind === "ENCRYPTED " ||
    /^Proc-Type: 4,ENCRYPTED/m.test(body) ||
    (kind === "OPENSSH " && isOpensshEncrypted(body));
  if (isEncrypted && (passphrase ?? "") === "") {
    return "is encrypted: put its passphrase into the Secret, as the field passphrase";
  }
  return undefined;
}

/** As libgit2 reads it best: lines end with a line feed, the last one, too. */
export function normalPrivateKey(text: string): string {
  return `${text.trim().replace(/\r\n?/g, "\n")}\n`;
}

function isOpensshEncrypted(body: string): boolean {
  const bytes = Buffer.from(body, "base64");
  const magic = "openssh-key-v1\0";
  if (bytes.toString("latin1", 0, magic.length) !== magic || bytes.length < magic.length + 4) return false;
  const length = bytes.readUInt32BE(magic.length);
  return bytes.toString("latin1", magic.length + 4, magic.length + 4 + length) !== "none";
}
