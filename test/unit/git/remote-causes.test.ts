import { expect } from "chai";
import type { Reason } from "../../../controller/api/reasons.ts";
import { causeOfRemote, FOREIGN_KEYS, REJECTED } from "../../../controller/git/remote-causes.ts";
import type { Route } from "../../../controller/git/routes.ts";

const HOST_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

const open: Route = { url: "https://example.com/a", host: "example.com:443", access: {} };
const withToken: Route = { ...open, access: { header: "Authorization: Bearer token-MARK" } };

function ssh(passphrase = ""): Route {
  return {
    url: "git@example.com:a",
    host: "example.com:22",
    access: { key: { user: "git", privateKey: "key-MARK", passphrase } },
    trusted: { by: "known_hosts in the Secret", keys: [{ type: "ssh-ed25519", key: HOST_KEY }] },
  };
}

const cases: readonly {
  readonly said: string;
  readonly route?: Route;
  readonly reason: Reason | undefined;
  readonly text: RegExp;
}[] = [
  {
    said: "remote authentication required but no callback set",
    reason: "AuthenticationFailed",
    text: /^the remote asks for credentials: name a Secret in spec\.source\.secretRef/,
  },
  {
    said: "remote authentication required but no callback set",
    route: withToken,
    reason: "AuthenticationFailed",
    text: /^the remote refuses the Secret's credential/,
  },
  {
    said: REJECTED,
    route: ssh(),
    reason: "AuthenticationFailed",
    text: /^the host refuses the Secret's key for the user "git"/,
  },
  {
    said: "unexpected http status code: 403",
    reason: "AuthenticationFailed",
    text: /^the remote refuses access \(HTTP 403\)$/,
  },
  {
    said: "unexpected http status code: 403",
    route: withToken,
    reason: "AuthenticationFailed",
    text: /^the remote refuses access with the Secret's credential \(HTTP 403\)/,
  },
  {
    said: "unexpected http status code: 404",
    reason: "RepositoryNotFound",
    text: /^there is no Git repository at this URL$/,
  },
  {
    said: "unexpected http status code: 404",
    route: withToken,
    reason: "RepositoryNotFound",
    text: /, or none that the Secret's credential may read$/,
  },
  {
    said: "unexpected http status code: 503",
    reason: "FetchFailed",
    text: /a problem of its own \(HTTP 503\)$/,
  },
  {
    said: "unexpected http status code: 418",
    reason: "FetchFailed",
    text: /^the remote answers with HTTP 418$/,
  },
  {
    said: "ERROR: Repository not found.",
    route: ssh(),
    reason: "RepositoryNotFound",
    text: /none that the Secret's/,
  },
  {
    said: "The project you were looking for could not be found or you don't have permission to view it.",
    route: ssh(),
    reason: "RepositoryNotFound",
    text: /none that the Secret's/,
  },
  {
    said: "failed to authenticate SSH session: Private key unpack failed (correct password?)",
    route: ssh("pass-MARK"),
    reason: "CredentialUnusable",
    text: /the passphrase in the Secret is wrong/,
  },
  {
    said: "failed to authenticate SSH session: Invalid base64",
    route: ssh(),
    reason: "CredentialUnusable",
    text: /^the private key is damaged/,
  },
  {
    said: "failed to authenticate SSH session: Timed out waiting on socket",
    route: ssh(),
    reason: undefined,
    text: /^$/,
  },
  {
    said: "invalid or unknown remote ssh hostkey",
    route: ssh(),
    reason: "HostKeyChanged",
    text: /^THE HOST KEY OF example\.com:22 HAS CHANGED: .* from known_hosts in the Secret: ssh-ed25519 SHA256:\+DiY3wvvV6TuJJhbpZisF/,
  },
  {
    said: "failed to start SSH session: Unable to exchange encryption keys",
    route: ssh(),
    reason: "FetchFailed",
    text: /share no SSH algorithm: it allows none of/,
  },
  {
    said: `${FOREIGN_KEYS}ssh-rsa, ecdsa-sha2-nistp256`,
    route: ssh(),
    reason: "HostKeyChanged",
    text: /HAS CHANGED.*ssh-ed25519 SHA256.*The host has keys of other types only: ssh-rsa, ecdsa-sha2-nistp256\./,
  },
  {
    said: "the SSL certificate is invalid",
    reason: "CertificateInvalid",
    text: /an authority of your own goes into the file of --git-ca-file$/,
  },
  {
    said: "cannot redirect from 'git.example.com' to 'evil.example.org'",
    route: withToken,
    reason: "FetchFailed",
    text: /^the remote redirects to another host, "evil\.example\.org", which is not followed: use the new URL$/,
  },
  {
    said: "cannot redirect from 'https' to 'http'",
    reason: "FetchFailed",
    text: /^the remote redirects from https to http, which is not followed$/,
  },
  {
    said: "too many redirects or authentication replays",
    reason: "FetchFailed",
    text: /^the remote redirects without end$/,
  },
];

describe("causeOfRemote()", () => {
  for (const { said, route, reason, text } of cases) {
    const how = route?.access.key !== undefined ? " with a key" : route === withToken ? " with a token" : "";
    it(`gives ${JSON.stringify(said.slice(0, 70))}${how} ${reason === undefined ? "no words of its own" : `the reason ${reason}`}`, () => {
      const cause = causeOfRemote(said, route ?? open);

      expect(cause?.reason).to.equal(reason);
      expect(cause?.text ?? "").to.match(text);
      expect(cause?.text ?? "").to.not.contain("MARK");
    });
  }
});
