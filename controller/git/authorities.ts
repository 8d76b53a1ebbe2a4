/** Whose signature on a certificate counts: the system's authorities, and those of `--git-ca-file`. */
import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { messageOf } from "../api/errors.ts";
import { readFileIfExists } from "../lib/atomic-file.ts";

/** Where systems keep all of their authorities in one file: Debian and Alpine, Red Hat, openSUSE, and others. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The certificates of a PEM file. Rejects, with what is wrong, unless it holds one or more and each can be read. */
export async function readAuthorities(path: string): Promise<string> {
  const text = await readFile(path, "utf8");
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error("it holds no certificate in PEM format");
  const certificates = blocks.map((block, index) => {
    try {
      return new X509Certificate(block).toString();
    } catch (error) {
      const which = `its certificate ${index + 1} of ${blocks.length}`;
      throw new Error(`${which} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  });
  return certificates.join("");
}

/** Writes the bundle that workers trust: the system's, where it has one, and the file's. */
export async function writeBundle(caFile: string, bundle: string): Promise<void> {
  const own = await readAuthorities(caFile);
  await writeFile(bundle, `${await readSystemBundle()}\n${own}`, { mode: 0o600 });
}

async function readSystemBundle(): Promise<string> {
  const chosen = process.env["SSL_CERT_FILE"];
  for (const path of chosen === undefined || chosen === "" ? SYSTEM_BUNDLES : [chosen]) {
    const text = await readFileIfExists(path);
    if (text !== undefined) return text;
  }
  return "";
}
