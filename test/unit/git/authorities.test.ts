import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { readAuthorities, writeBundle } from "../../../controller/git/authorities.ts";

const [ONE = "", TWO = ""] = rootCertificates;

describe("readAuthorities()", () => {
  let dir: string;
  let file: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "conops-authorities-"));
    file = join(dir, "ca.pem");
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function faultOf(text: string): Promise<string> {
    await writeFile(file, text);
    return readAuthorities(file).then(
      () => "none",
      (error: unknown) => (error as Error).message,
    );
  }

  it("finds every certificate, and leaves out the words around them", async () => {
    await writeFile(file, `Our own\r\n${ONE.replaceAll("\n", "\r\n")}\r\nand another\n${TWO}`);

    const pem = await readAuthorities(file);

    expect(pem.match(/-----BEGIN CERTIFICATE-----/g)).to.have.length(2);
    expect(pem).to.not.match(/our own|and another/i);
  });

  it("refuses a file without certificates, and a private key", async () => {
    expect(await faultOf("")).to.equal("it holds no certificate in PEM format");
    expect(await faultOf("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")).to.equal(
      "it holds no certificate in PEM format",
    );
  });

  it("refuses a file with a damaged certificate, and says which", async () => {
    const damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    expect(await faultOf(`${ONE}\n${damaged}`)).to.match(/^its certificate 2 of 2 cannot be read: /);
  });

  it("makes a bundle of the system's authorities and the file's", async () => {
    const system = join(dir, "system.pem");
    const before = process.env["SSL_CERT_FILE"];
    await writeFile(system, ONE.trim()); // without a last line end
    await writeFile(file, TWO);
    process.env["SSL_CERT_FILE"] = system;
    try {
      await writeBundle(file, join(dir, "bundle.pem"));
    } finally {
      if (before === undefined) delete process.env["SSL_CERT_FILE"];
      else process.env["SSL_CERT_FILE"] = before;
    }

    expect(await readFile(join(dir, "bundle.pem"), "utf8")).to.equal(
      `${ONE.trim()}\n${new X509Certificate(TWO).toString()}`,
    );
  });
});
