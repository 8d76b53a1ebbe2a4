import { expect } from "chai";
import type { LeftOut, RenderedProject } from "../../../controller/compose/compose.ts";
import { pathUses } from "../../../controller/compose/path-uses.ts";
import type { PathKind } from "../../../controller/compose/repository-files.ts";
import { EVERYTHING } from "../../../controller/api/policy.ts";
import { findViolations } from "../../../controller/policy/judge.ts";

const ROOT = "/staging/t1";

function judge(
  project: Omit<RenderedProject, "name">,
  kinds: Readonly<Record<string, PathKind>> = {},
  leftOut: readonly LeftOut[] = [],
): string {
  const whole = { name: "p", ...project };
  const violations = findViolations({
    project: whole,
    allowed: EVERYTHING,
    uses: pathUses(whole, ROOT),
    root: ROOT,
    kinds: new Map(Object.entries(kinds)),
    leftOut,
    places: new Map(),
    host: { dockerSockets: ["/var/run/docker.sock"], ownFolders: ["/data"] },
  });
  if (violations.length === 0) return "allowed";
  return violations.map(({ reason, rule, message }) => `${reason} ${rule}: ${message}`).join("\n");
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

describe("the rules that hold under every policy", () => {
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
    ...["constructor", "toString", "__proto__"].map(
      (name) =>
        [
          `a service called ${name}`,
          judge({ services: Object.fromEntries([[name, {}]]) }),
          `InvalidCompose names-mean-nothing-else: services.${name}: "${name}" is a word of JavaScript, which ConOps cannot use for a name; choose another`,
        ] as const,
    ),
    [
      "a volume called valueOf",
      judge({ services: { a: {} }, volumes: { valueOf: {} } }),
      'InvalidCompose names-mean-nothing-else: volumes.valueOf: "valueOf" is a word of JavaScript, which ConOps cannot use for a name; choose another',
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
        services: { a: { privileged: true, pid: "host", devices: ["/dev/kvm"], cap_add: ["ALL"] } },
      }),
      "allowed",
    ],
    [
      "the logins of this machine",
      judge({ services: { a: { use_api_socket: true } } }),
      "PolicyViolation no-logins-of-this-machine: services.a.use_api_socket: would hand all registry logins of this machine to the container; mount /var/run/docker.sock instead",
    ],
    [
      "several keys for a build in the place of one",
      judge({
        services: {
          a: { build: { context: ROOT, ssh: [`default=${ROOT}/a,/root/.ssh/id_ed25519`] } as object },
        },
      }),
      'PolicyViolation build-text-is-plain: services.a.build.ssh: "default=/staging/t1/a,/root/.ssh/id_ed25519" must not hold "," or quotes',
    ],
    [
      "a build secret whose name adds a file of the machine",
      judge({
        services: { a: { build: { context: ROOT, secrets: [{ source: "s" }] } as object } },
        secrets: { s: { file: `${ROOT}/x,src=/etc/shadow` } },
      }),
      'PolicyViolation build-text-is-plain: services.a.build.secrets: "/staging/t1/x,src=/etc/shadow" must not hold "," or quotes',
    ],
    [
      "a template in a field of a build",
      judge({ services: { a: { build: { context: ROOT, tags: ["x:${upper(1)}"] } as object } } }),
      'PolicyViolation build-text-is-plain: services.a.build: "x:${upper(1)}" would be worked out as a template',
    ],
    [
      "a dollar sign in the arguments of a build and in a Dockerfile",
      judge({
        services: {
          a: { build: { context: ROOT, args: { X: "${Y}" }, dockerfile_inline: "RUN echo ${Z}" } as object },
        },
      }),
      "allowed",
    ],
    [
      "a build's cache on the disk of the machine",
      judge({
        services: { a: { build: { context: ROOT, cache_to: ["mode=max,type=local,dest=/etc"] } as object } },
      }),
      'UnsafePath no-cache-on-this-machine: services.a.build.cache_to: "mode=max,type=local,dest=/etc" is a cache on the disk of this machine; use another type',
    ],
    [
      "the same in quotes",
      judge({ services: { a: { build: { context: ROOT, cache_from: ['"type=local",src=/'] } as object } } }),
      'UnsafePath no-cache-on-this-machine: services.a.build.cache_from: "\\"type=local\\",src=/" is a cache on the disk of this machine; use another type',
    ],
    [
      "a build's cache in a registry",
      judge({
        services: {
          a: {
            build: { context: ROOT, cache_from: ["x/y"], cache_to: ["type=registry,ref=x/y"] } as object,
          },
        },
      }),
      "allowed",
    ],
    [
      "a volume whose name is a path",
      judge({ services: {}, volumes: { v: { name: "/etc" } } }),
      'UnsafePath volume-names-are-no-paths: volumes.v.name: "/etc" would be mounted as a path',
    ],
    [
      "a model whose name is an option",
      judge({ services: {}, models: { m: { model: "--help" } } } as never),
      'PolicyViolation no-options-for-programs: models.m.model: must not begin with "-"',
    ],
  ];
  for (const [name, found, wanted] of cases) {
    it(`${wanted === "allowed" ? "allows" : "refuses"} ${name}`, () => {
      expect(found).to.equal(wanted);
    });
  }
});
