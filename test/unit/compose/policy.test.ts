import { expect } from "chai";
import type { LeftOut, RenderedProject } from "../../../controller/compose/compose.ts";
import { pathUses } from "../../../controller/compose/path-uses.ts";
import { findViolation } from "../../../controller/compose/policy.ts";
import type { PathKind } from "../../../controller/compose/repository-files.ts";

const ROOT = "/staging/t1";

function judge(
  project: Omit<RenderedProject, "name">,
  kinds: Readonly<Record<string, PathKind>> = {},
  leftOut: readonly LeftOut[] = [],
): string {
  const whole = { name: "p", ...project };
  const violation = findViolation({
    project: whole,
    uses: pathUses(whole, ROOT),
    root: ROOT,
    kinds: new Map(Object.entries(kinds)),
    leftOut,
  });
  return violation === undefined ? "allowed" : `${violation.reason} ${violation.rule}: ${violation.message}`;
}
const LINK: LeftOut = {
  path: "gone",
  reason: "UnsafePath",
  why: "it is a symbolic link, and it leads out of the repository",
  spoilsFolders: false,
};
const POINTER: LeftOut = {
  path: "assets/gone",
  reason: "UnsupportedContent",
  why: "it is a pointer of Git LFS",
  spoilsFolders: true,
};
const bind = (source: string): NonNullable<RenderedProject["services"][string]["volumes"]> => [
  { type: "bind", source, target: "/x" },
];

describe("policy", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "a provider",
      judge({ services: { a: { provider: { type: "sh" } } } }),
      "PolicyViolation no-provider: services.a.provider would run a program of this machine; use an image or a build",
    ],
    [
      "a bind of an absolute path of the host",
      judge({ services: { a: { volumes: bind("/var/run/docker.sock") } } }),
      "allowed",
    ],
    [
      "a bind within the checkout",
      judge({ services: { a: { volumes: bind(`${ROOT}/x`) } } }, { [`${ROOT}/x`]: "folder" }),
      "allowed",
    ],
    [
      "a bind of what is not there yet",
      judge({ services: { a: { volumes: bind(`${ROOT}/x`) } } }, { [`${ROOT}/x`]: "missing" }),
      "allowed",
    ],
    [
      "a bind through a link",
      judge({ services: { a: { volumes: bind(`${ROOT}/x`) } } }, { [`${ROOT}/x`]: "outside" }),
      'UnsafePath no-link-out-of-the-repository: services.a.volumes: "x" is a link out of the repository',
    ],
    [
      "a volume that binds through a link",
      judge(
        {
          services: { a: { volumes: [{ type: "volume", source: "v", target: "/x" }] } },
          volumes: { v: { driver_opts: { device: `${ROOT}/x` } } },
        },
        { [`${ROOT}/x`]: "outside" },
      ),
      'UnsafePath no-link-out-of-the-repository: volumes.v.driver_opts.device (of service "a"): "x" is a link out of the repository',
    ],
    [
      "what was left out, and what is below it",
      judge({ services: { a: { volumes: bind(`${ROOT}/gone/x`) } } }, {}, [LINK]),
      'UnsafePath no-use-of-what-was-left-out: services.a.volumes: "gone" was not checked out: it is a symbolic link, and it leads out of the repository',
    ],
    [
      "a neighbour of what was left out",
      judge({ services: { a: { volumes: bind(`${ROOT}/gone2`) } } }, {}, [LINK]),
      "allowed",
    ],
    [
      "a folder that holds a link that was left out",
      judge({ services: { a: { volumes: bind(ROOT) } } }, {}, [LINK]),
      "allowed",
    ],
    [
      "a folder that holds a pointer of Git LFS",
      judge({ services: { a: { volumes: bind(`${ROOT}/assets`) } } }, {}, [LINK, POINTER]),
      'UnsupportedContent no-use-of-what-was-left-out: services.a.volumes: "assets/gone" was not checked out: it is a pointer of Git LFS',
    ],
    [
      "a build context that holds one",
      judge({ services: { a: { build: { context: ROOT } } } }, {}, [POINTER]),
      'UnsupportedContent no-use-of-what-was-left-out: services.a.build.context: "assets/gone" was not checked out: it is a pointer of Git LFS',
    ],
    [
      "a folder beside one",
      judge({ services: { a: { volumes: bind(`${ROOT}/asset`) } } }, {}, [POINTER]),
      "allowed",
    ],
    [
      "a Dockerfile above the checkout",
      judge({ services: { a: { build: { context: ROOT, dockerfile: "../../etc/x" } } } }),
      'UnsafePath content-is-the-repository\'s: services.a.build.dockerfile: "/etc/x" lies outside the repository; move it into it',
    ],
    [
      "a Dockerfile in the file itself",
      judge({ services: { a: { build: { context: ROOT, dockerfile_inline: "FROM x" } as object } } }),
      "allowed",
    ],
    [
      "a remote build context",
      judge({ services: { a: { build: { context: "https://x.y/z.git" } } } }),
      "allowed",
    ],
    [
      "an additional context of the machine",
      judge({ services: { a: { build: { context: ROOT, additional_contexts: { x: "/etc" } } as object } } }),
      'UnsafePath content-is-the-repository\'s: services.a.build.additional_contexts.x: "/etc" lies outside the repository; move it into it',
    ],
    [
      "a key of the machine for a build",
      judge({ services: { a: { build: { context: ROOT, ssh: ["default=/root/.ssh/id"] } as object } } }),
      'UnsafePath content-is-the-repository\'s: services.a.build.ssh: "/root/.ssh/id" lies outside the repository; move it into it',
    ],
    [
      "a build secret of the machine",
      judge({
        services: { a: { build: { context: ROOT, secrets: [{ source: "s" }] } as object } },
        secrets: { s: { file: "/etc/shadow" } },
      }),
      'UnsafePath content-is-the-repository\'s: secrets.s.file (of service "a"): "/etc/shadow" lies outside the repository; move it into it',
    ],
    [
      "a pipe as a config",
      judge(
        { services: { a: { configs: [{ source: "c" }] } }, configs: { c: { file: `${ROOT}/p` } } },
        { [`${ROOT}/p`]: "special" },
      ),
      'UnsafePath content-is-a-file-or-folder: configs.c.file (of service "a"): "p" is not a regular file',
    ],
    [
      "a seccomp profile of the machine",
      judge({ services: { a: { security_opt: ["seccomp=/dev/zero"] } } }),
      'UnsafePath content-is-the-repository\'s: services.a.security_opt.seccomp: "/dev/zero" lies outside the repository; move it into it',
    ],
    [
      "a seccomp profile in the home of the controller",
      judge({ services: { a: { security_opt: ["seccomp:~/x"] } } }),
      'UnsafePath content-is-the-repository\'s: services.a.security_opt.seccomp: "/~/x" lies outside the repository; move it into it',
    ],
    [
      "a seccomp profile of the repository, and none",
      judge({
        services: { a: { security_opt: ["seccomp=./p.json", "seccomp=unconfined", "label=disable"] } },
      }),
      "allowed",
    ],
    [
      "the powers of the host",
      judge({
        services: { a: { privileged: true, pid: "host", devices: ["/dev/kvm"], use_api_socket: true } },
      }),
      "allowed",
    ],
  ];
  for (const [name, found, wanted] of cases) {
    it(`${wanted === "allowed" ? "allows" : "refuses"} ${name}`, () => {
      expect(found).to.equal(wanted);
    });
  }
});
