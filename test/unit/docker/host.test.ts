import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { parseDockerHost } from "../../../controller/docker/host.ts";

describe("parseDockerHost()", () => {
  const good = [
    { host: "unix:///var/run/docker.sock", is: { socketPath: "/var/run/docker.sock" } },
    { host: "tcp://127.0.0.1:2375", is: { tcp: { host: "127.0.0.1", port: 2375 } } },
    { host: "tcp://engine.example.com", is: { tcp: { host: "engine.example.com", port: 2375 } } },
    { host: "tcp://engine:80", is: { tcp: { host: "engine", port: 80 } } },
    { host: "tcp://[::1]:2375/", is: { tcp: { host: "[::1]", port: 2375 } } },
  ];
  for (const { host, is } of good) {
    it(`reads ${host}`, () => {
      expect(parseDockerHost(host, {})).to.deep.equal({ name: host, ...is });
    });
  }

  const bad = [
    { host: "ssh://me@host", why: "ssh:// is not supported" },
    { host: "unix://docker.sock", why: "the path of the socket is not absolute" },
    { host: "unix://", why: "the path of the socket is not absolute" },
    { host: "tcp://", why: "it is not tcp://HOST:PORT" },
    { host: "tcp://host:port", why: "it is not tcp://HOST:PORT" },
    { host: "tcp://host:2375/prefix", why: "it holds a path" },
    { host: "npipe:////./pipe/docker_engine", why: "it is neither unix://PATH nor tcp://HOST:PORT" },
    { host: "localhost:2375", why: "it is neither unix://PATH nor tcp://HOST:PORT" },
  ];
  for (const { host, why } of bad) {
    it(`refuses ${host}`, () => {
      expect(() => parseDockerHost(host, {}))
        .to.throw(`Cannot use DOCKER_HOST`)
        .with.property("message")
        .that.includes(why);
    });
  }

  it("does not repeat credentials", () => {
    expect(() => parseDockerHost("tcp://me:hunter2@host:2375", {})).to.throw(
      /^(?!.*hunter2).*it holds credentials$/,
    );
  });

  describe("with DOCKER_TLS_VERIFY", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "ct-tls-"));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it("reads the three files of DOCKER_CERT_PATH, and takes the port for TLS", () => {
      for (const name of ["ca", "cert", "key"]) writeFileSync(join(folder, `${name}.pem`), name);

      const { tcp } = parseDockerHost("tcp://host", { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder });

      expect(tcp?.port).to.equal(2376);
      expect(tcp?.tls?.ca.toString()).to.equal("ca");
      expect(tcp?.tls?.cert.toString()).to.equal("cert");
      expect(tcp?.tls?.key.toString()).to.equal("key");
    });

    it("names the file that is missing", () => {
      const env = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder };

      expect(() => parseDockerHost("tcp://host", env)).to.throw(
        `Cannot read the TLS file "${folder}/ca.pem"`,
      );
    });

    it("leaves a unix socket alone", () => {
      expect(parseDockerHost("unix:///s", { DOCKER_TLS_VERIFY: "1" }).tcp).to.equal(undefined);
    });
  });
});
