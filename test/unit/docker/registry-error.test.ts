import { expect } from "chai";
import { registryError } from "../../../controller/docker/registry-error.ts";

const ACT = 'look up image "r.example.com/web:1" in its registry';

describe("registryError()", () => {
  // As engines 26 and 28 say it.
  const cases: readonly (readonly [number, string, string, string, number?])[] = [
    [404, "manifest unknown: manifest unknown", "ImageLookupFailed", "the registry has no such image"],
    [
      404,
      "name unknown: repository name not known to registry",
      "ImageLookupFailed",
      "the registry has no such image",
    ],
    [
      401,
      "unauthorized: authentication required",
      "AuthenticationFailed",
      "the registry refuses the login, or asks for one",
    ],
    [
      403,
      "denied: requested access to the resource is denied",
      "AuthenticationFailed",
      "the registry refuses the login, or asks for one",
    ],
    [
      500,
      'Get "http://r.example.com/v2/": no basic auth credentials',
      "AuthenticationFailed",
      "the registry refuses the login, or asks for one",
    ],
    [
      500,
      'Get "http://127.0.0.1:5978/v2/": dial tcp 127.0.0.1:5978: connect: connection refused',
      "ImageLookupFailed",
      "the registry refuses the connection",
    ],
    [
      500,
      'Get "https://r.example.com/v2/": dial tcp: lookup r.example.com on 10.0.0.53:53: no such host',
      "ImageLookupFailed",
      "the host name of the registry is not known",
    ],
    [
      500,
      'Get "https://r.example.com/v2/": net/http: TLS handshake timeout',
      "ImageLookupFailed",
      "the registry does not answer",
    ],
    [
      0,
      'Cannot reach the Docker engine at "unix:///x": no answer within 20 s',
      "ImageLookupFailed",
      "the registry does not answer",
    ],
    [
      500,
      'Get "https://r.example.com/v2/": x509: certificate signed by unknown authority',
      "ImageLookupFailed",
      "the certificate of the registry is not to be trusted",
    ],
    [
      429,
      "toomanyrequests: You have reached your pull rate limit",
      "RateLimited",
      "the registry asks for fewer requests, and is asked again later",
    ],
    [
      500,
      "toomanyrequests: retry-after: 1.5s, allowed: 44000/minute",
      "RateLimited",
      "the registry asks for fewer requests, and is asked again later",
      1500,
    ],
    [
      500,
      "toomanyrequests: Retry-After: 120",
      "RateLimited",
      "the registry asks for fewer requests, and is asked again later",
      120_000,
    ],
    [
      500,
      "toomanyrequests: retry-after: 900h",
      "RateLimited",
      "the registry asks for fewer requests, and is asked again later",
      21_600_000,
    ],
  ];
  for (const [status, text, reason, why, retryAfterMs] of cases) {
    it(`takes ${JSON.stringify(text)} for: ${why}`, () => {
      const error = registryError(ACT, { status, text: `Cannot x: the engine answered ${status}: ${text}` });

      expect(error.message).to.equal(`Cannot ${ACT}: ${why}`);
      expect([error.reason, error.retryAfterMs, error.terminal]).to.deep.equal([reason, retryAfterMs, false]);
    });
  }

  it("gives the same text for the same fault that it does not know", () => {
    const said = (port: number, id: string): string =>
      registryError(ACT, {
        status: 500,
        text: `Cannot x: the engine answered 500: read tcp 10.0.0.1:${port}->10.0.0.2:443: broken, request ${id}`,
      }).message;

    expect(said(40_001, "0a0a0a0a-1111-2222-3333-444444444444")).to.equal(
      said(40_002, "0b0b0b0b-1111-2222-3333-555555555555"),
    );
    expect(said(1, "")).to.equal(`Cannot ${ACT}: read 10.0.0.2:443: broken, request`);
  });
});
