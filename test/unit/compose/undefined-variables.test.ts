import { expect } from "chai";
import { findUndefinedVariables } from "../../../controller/compose/undefined-variables.ts";
import { parseYamlSource } from "../../../controller/compose/yaml-source.ts";

const find = (text: string, only?: { readonly service: string; readonly as: string }): readonly string[] =>
  findUndefinedVariables(
    parseYamlSource("c.yaml", text),
    (name) => (name === "SET" ? "1" : undefined),
    only,
  ).map(
    ({ name, place, field, service, dangerous }) =>
      `${place} ${name} ${field}${service === undefined ? "" : ` (${service})`}${dangerous ? " !" : ""}`,
  );

describe("findUndefinedVariables()", () => {
  const dangerous: readonly (readonly [string, string])[] = [
    ["an image", "services: {a: {image: 'x:${V}'}}"],
    ["a short volume", "services: {a: {volumes: ['${V}/db:/db']}}"],
    ["a long volume", "services: {a: {volumes: [{type: bind, source: '${V}/x', target: /x}]}}"],
    ["a short port", "services: {a: {ports: ['${V}:80']}}"],
    ["a long port", "services: {a: {ports: [{target: 80, published: '${V}'}]}}"],
    ["a short build", "services: {a: {build: './${V}'}}"],
    ["a build context", "services: {a: {build: {context: '${V}'}}}"],
    ["a Dockerfile", "services: {a: {build: {context: ., dockerfile: '${V}'}}}"],
    ["an env_file", "services: {a: {env_file: ['${V}']}}"],
    ["an env_file with options", "services: {a: {env_file: [{path: '${V}', required: false}]}}"],
    ["a device", "services: {a: {devices: ['${V}:/dev/x']}}"],
    ["an extends", "services: {a: {extends: {file: '${V}', service: x}}}"],
    ["an include", "include: ['${V}']"],
    ["a secret's file", "secrets: {s: {file: '${V}'}}"],
    ["a config's file", "configs: {s: {file: '${V}'}}"],
    ["a volume's device", "volumes: {v: {driver_opts: {device: '${V}'}}}"],
  ];
  for (const [name, text] of dangerous) {
    it(`finds it in ${name}, where it is dangerous`, () => {
      const found = find(text);

      expect(found.length).to.equal(1);
      expect(found[0]?.endsWith("!")).to.equal(true);
    });
  }

  const harmless: readonly (readonly [string, string])[] = [
    ["an environment", "services: {a: {environment: {X: '${V}'}}}"],
    ["a command", "services: {a: {command: [echo, '${V}']}}"],
    ["a build argument", "services: {a: {build: {context: ., args: {X: '${V}'}}}}"],
    ["a label", "services: {a: {labels: ['x=${V}']}}"],
    ["an extension", "x-image: '${V}'"],
  ];
  for (const [name, text] of harmless) {
    it(`finds it in ${name}, where it is only worth a warning`, () => {
      const found = find(text);

      expect(found.length).to.equal(1);
      expect(found[0]?.endsWith("!")).to.equal(false);
    });
  }

  it("says where, in which field, of which service", () => {
    expect(find("services:\n  db:\n    volumes:\n      - ${DIR}/db:/db\n")).to.deep.equal([
      "c.yaml:4:9 DIR services.db.volumes (db) !",
    ]);
  });

  it("finds nothing where there is a value, a default, an error of the file's own, or an escape", () => {
    expect(find("services: {a: {image: '$SET${V:-x}${V-}${V:?say}$$V', volumes: ['./x:/x']}}")).to.deep.equal(
      [],
    );
  });

  it("does not look at keys", () => {
    expect(find("services: {a: {labels: {'${V}': x}}}")).to.deep.equal([]);
  });

  it("follows aliases and merge keys to where they are used", () => {
    expect(
      find('x-b: &b\n  image: $V\n  ports: ["$P"]\nservices:\n  a:\n    <<: *b\n    ports: ["80"]\n'),
    ).to.deep.equal([
      "c.yaml:2:10 V x-b.image",
      "c.yaml:3:11 P x-b.ports",
      "c.yaml:2:10 V services.a.image (a) !",
    ]);
  });

  it("looks at one service alone when only that is taken, under the name of the one that takes it", () => {
    expect(
      find("services: {a: {image: $A}, b: {image: $B}}\nvolumes: {v: {driver_opts: {device: $D}}}", {
        service: "b",
        as: "web",
      }),
    ).to.deep.equal(["c.yaml:1:39 B services.b.image (web) !"]);
  });
});
