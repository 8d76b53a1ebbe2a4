/** Certificates for servers of the tests, made by openssl. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export interface Authority {
  /** Its own certificate. */
  readonly cert: string;
  /** Key and certificate for these names: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(...names: readonly string[]): Promise<{ readonly key: string; readonly cert: string }>;
}

/** An authority that no system knows. */
export async function createAuthority(name = "ConOps test authority"): Promise<Authority> {
  return inFolder(async (dir) => {
    const key = join(dir, "ca.key");
    const cert = join(dir, "ca.pem");
    const what = ["-days", "2", "-subj", `/CN=${name}`];
    await run("openssl", ["req", "-x509", ...NEW_KEY, ...what, "-keyout", key, "-out", cert]);
    const authority = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
    return { cert: authority.cert, issue: (...names) => issue(authority, names) };
  });
}

async function issue(
  authority: { readonly key: string; readonly cert: string },
  names: readonly string[],
): Promise<{ key: string; cert: string }> {
  return inFolder(async (dir) => {
    const path = (name: string): string => join(dir, name);
    await writeFile(path("ca.key"), authority.key);
    await writeFile(path("ca.pem"), authority.cert);
    await writeFile(path("names"), `subjectAltName=${names.join(",")}\n`);
    const request = ["-subj", "/CN=conops-test", "-keyout", path("key"), "-out", path("csr")];
    await run("openssl", ["req", ...NEW_KEY, ...request]);
    const signer = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial"];
    const what = ["-in", path("csr"), "-days", "2", "-extfile", path("names"), "-out", path("cert")];
    await run("openssl", ["x509", "-req", ...signer, ...what]);
    return { key: await readFile(path("key"), "utf8"), cert: await readFile(path("cert"), "utf8") };
  });
}

async function inFolder<A>(work: (dir: string) => Promise<A>): Promise<A> {
  const dir = await mkdtemp(join(tmpdir(), "conops-tls-"));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
