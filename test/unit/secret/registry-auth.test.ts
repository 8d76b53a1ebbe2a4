import { expect } from "chai";
import { authHeader, loginFor } from "../../../controller/secret/registry-auth.ts";

const basic = (text: string): string => Buffer.from(text).toString("base64");

describe("loginFor()", () => {
  const hub = { auth: basic("ada:hub") };
  const own = { auth: basic("ada:own") };
  const cases: readonly (readonly [string, Parameters<typeof loginFor>[0], string, object | undefined])[] = [
    ["the login of a registry", { "r.example.com": own }, "r.example.com", own],
    ["none of another port", { "r.example.com:5000": own }, "r.example.com", undefined],
    ["the one under a URL", { "https://r.example.com/v1/": own }, "r.example.com", own],
    [
      "the exact one before a URL",
      { "https://r.example.com": hub, "r.example.com": own },
      "r.example.com",
      own,
    ],
    ["Docker's own, under its old address", { "https://index.docker.io/v1/": hub }, "docker.io", hub],
    ["none of a registry whose name goes on", { "r.example.com.evil.org": own }, "r.example.com", undefined],
    ["none where there are none", {}, "r.example.com", undefined],
  ];
  for (const [name, auths, registry, login] of cases) {
    it(`finds ${name}`, () => {
      expect(loginFor(auths, registry)).to.equal(login);
    });
  }
});

describe("authHeader()", () => {
  const read = (header: string): unknown => JSON.parse(Buffer.from(header, "base64url").toString());

  it("splits an auth at its first colon, and says for which registry it is", () => {
    expect(read(authHeader({ auth: basic("ada:p:w/?ÿ") }, "r.example.com"))).to.deep.equal({
      username: "ada",
      password: "p:w/?ÿ",
      serveraddress: "r.example.com",
    });
  });

  it("passes on a user with his password, and tokens", () => {
    expect(
      read(authHeader({ username: "ada", password: "pw", identitytoken: "t" }, "docker.io")),
    ).to.deep.equal({
      username: "ada",
      password: "pw",
      identitytoken: "t",
      serveraddress: "https://index.docker.io/v1/",
    });
  });

  it("is safe in a URL and keeps its padding", () => {
    const headers = ["a", "ab", "abc", "???>>>ÿÿ"].map((password) =>
      authHeader({ username: "ada", password }, "r.example.com"),
    );

    for (const header of headers) {
      expect(header).to.match(/^[A-Za-z0-9_-]+={0,2}$/);
      expect(header.length % 4).to.equal(0);
    }
  });

  it("is empty without a login", () => {
    expect(authHeader(undefined, "r.example.com")).to.equal("");
  });
});
