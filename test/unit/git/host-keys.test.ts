import { expect } from "chai";
import { linesOf, placeOf, trustedKeysOf } from "../../../controller/git/host-keys.ts";
import { BUILTIN_KNOWN_HOSTS } from "../../../controller/git/known-hosts-builtin.ts";
import {
  fingerprintOf,
  keysOf,
  parseKnownHosts,
  type KnownHosts,
} from "../../../controller/lib/known-hosts.ts";

const GITHUB = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const GITLAB = "AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf";
const CODEBERG = "AAAAC3NzaC1lZDI1NTE5AAAAIIVIC02vnjFyL+I4RHfvIGNtOgJMe769VTF1VR4EB3ZB";

/** As the hosts themselves publish them; see `known-hosts-builtin.ts` for where. */
const PUBLISHED: readonly (readonly [host: string, port: number, type: string, fingerprint: string])[] = [
  ["ssh.github.com", 443, "ecdsa-sha2-nistp256", "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM"],
  ["ssh.github.com", 443, "ssh-ed25519", "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"],
  ["ssh.github.com", 443, "ssh-rsa", "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s"],
  ["bitbucket.org", 22, "ecdsa-sha2-nistp256", "SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0"],
  ["bitbucket.org", 22, "ssh-ed25519", "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM"],
  ["bitbucket.org", 22, "ssh-rsa", "SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E"],
  ["github.com", 22, "ecdsa-sha2-nistp256", "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM"],
  ["github.com", 22, "ssh-ed25519", "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"],
  ["github.com", 22, "ssh-rsa", "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s"],
  ["gitlab.com", 22, "ecdsa-sha2-nistp256", "SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw"],
  ["gitlab.com", 22, "ssh-ed25519", "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8"],
  ["gitlab.com", 22, "ssh-rsa", "SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ"],
  ["ssh.dev.azure.com", 22, "ssh-rsa", "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og"],
  ["vs-ssh.visualstudio.com", 22, "ssh-rsa", "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og"],
  ["codeberg.org", 22, "ecdsa-sha2-nistp256", "SHA256:T9FYDEHELhVkulEKKwge5aVhVTbqCW0MIRwAfpARs/E"],
  ["codeberg.org", 22, "ssh-ed25519", "SHA256:mIlxA9k46MmM6qdJOdMnAQpzGxF4WIVVL+fj+wZbw0g"],
];

describe("the host keys that ConOps knows by itself", () => {
  it("are exactly those that the hosts publish", () => {
    const { entries, revoked, problems } = parseKnownHosts(BUILTIN_KNOWN_HOSTS);
    const found = entries.map((entry) => [entry.names.join(), entry.type, fingerprintOf(entry)]);

    expect(found).to.deep.equal(
      PUBLISHED.map(([host, port, ...key]) => [port === 22 ? host : `[${host}]:${port}`, ...key]),
    );
    expect({ revoked: revoked.size, problems }).to.deep.equal({ revoked: 0, problems: [] });
    for (const [host, port, type, fingerprint] of PUBLISHED) {
      const known = keysOf({ entries, revoked, problems }, host, port);
      expect(known.filter((key) => key.type === type).map(fingerprintOf)).to.deep.equal([fingerprint]);
    }
  });
});

describe("trustedKeysOf()", () => {
  const github = { host: "github.com", port: 22 };
  const secret = parseKnownHosts(`github.com ssh-ed25519 ${GITLAB}\n`);
  const file = parseKnownHosts(
    `github.com ssh-ed25519 ${CODEBERG}\n[github.com]:2222 ssh-ed25519 ${CODEBERG}\n`,
  );
  const builtin = [
    "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
    "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
    "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
  ];

  function trusted(host: { host: string; port: number }, sources: Parameters<typeof trustedKeysOf>[1]) {
    const found = trustedKeysOf(host, sources);
    return found && { by: found.by, keys: found.keys.map(fingerprintOf) };
  }

  it("believes the Secret first, then the file, then what is built in, and never two of them", () => {
    expect(trusted(github, { secret, file })).to.deep.equal({
      by: "known_hosts in the Secret",
      keys: ["SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8"],
    });
    expect(trusted(github, { file })).to.deep.equal({
      by: "the file of --known-hosts",
      keys: ["SHA256:mIlxA9k46MmM6qdJOdMnAQpzGxF4WIVVL+fj+wZbw0g"],
    });
    expect(trusted(github, {})).to.deep.equal({ by: "ConOps's built-in list", keys: builtin });
  });

  it("asks the next one where a source does not name this host and port", () => {
    const others = parseKnownHosts(`gitlab.com ssh-ed25519 ${GITLAB}\n`);

    expect(trusted(github, { secret: others })?.by).to.equal("ConOps's built-in list");
    expect(trusted({ host: "github.com", port: 2222 }, { secret, file })?.by).to.equal(
      "the file of --known-hosts",
    );
  });

  it("knows no other host", () => {
    expect(trusted({ host: "git.example.com", port: 22 }, { secret, file })).to.equal(undefined);
    expect(trusted({ host: "github.com", port: 222 }, { secret, file })).to.equal(undefined);
    expect(trusted({ host: "evil.github.com", port: 22 }, {})).to.equal(undefined);
  });

  it("drops what anybody revokes, and asks nobody else when that leaves nothing", () => {
    const revoking: KnownHosts = parseKnownHosts(`@revoked * ssh-ed25519 ${GITHUB}\n`);
    const gitlabGone = parseKnownHosts(`@revoked gitlab.com ssh-ed25519 ${GITLAB}\n`);

    expect(trusted(github, { secret: revoking })?.keys).to.deep.equal([builtin[0], builtin[2]]);
    expect(trusted(github, { secret, file: gitlabGone })).to.deep.equal({
      by: "known_hosts in the Secret",
      keys: [],
    });
  });
});

describe("linesOf() and placeOf()", () => {
  it("name exactly one host and port", () => {
    const place = placeOf({ host: "[::1]", port: 22 });

    expect(place).to.equal("[::1]:22");
    expect(
      linesOf(place, [
        { type: "ssh-ed25519", key: GITHUB },
        { type: "ssh-ed25519", key: GITLAB },
      ]),
    ).to.equal(`[::1]:22 ssh-ed25519 ${GITHUB}\n[::1]:22 ssh-ed25519 ${GITLAB}\n`);
  });
});
