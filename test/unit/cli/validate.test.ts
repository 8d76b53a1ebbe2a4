import { expect } from "chai";
import { validate } from "../../../controller/cli/validate.ts";
import { createFixtureFolder, manifest } from "./fixture-folder.ts";
import { createTestTerminal } from "./test-terminal.ts";

const HEAD = "apiVersion: conops.dev/v1alpha1\n";
const secret = (name: string, rest: string): string =>
  `${HEAD}kind: Secret\nmetadata: {name: ${name}}\n${rest}`;
const application = (name: string, key: string): string =>
  `${HEAD}kind: Application\nmetadata: {name: ${name}}\nspec: {source: {repoURL: "https://git.example.com/x", secretRef: {name: ${key}}}}\n`;

describe("conops validate", () => {
  async function warned(
    files: Readonly<Record<string, string>>,
    only?: string,
  ): Promise<{ readonly isValid: boolean; readonly warnings: readonly string[] }> {
    const folder = await createFixtureFolder(files);
    const terminal = createTestTerminal();
    try {
      const paths = [only === undefined ? folder.dir : `${folder.dir}/${only}`];
      const isValid = await validate(terminal, { paths, allowFileRepos: false });
      const { err } = terminal.printed();
      const lines = err.split("\n").filter((line) => line !== "");
      return { isValid, warnings: lines.map((line) => line.replaceAll(`${folder.dir}/`, "")) };
    } finally {
      await folder.cleanUp();
    }
  }

  it("doubts a plain Secret that nothing could use, and repeats nothing of it", async () => {
    const { isValid, warnings } = await warned({
      "half.yaml": secret("half", "type: conops.dev/bearer-token\nstringData: {tokn: geheim}\n"),
      "key.yaml": secret("key", "type: kubernetes.io/ssh-auth\nstringData: {ssh-privatekey: geheim}\n"),
      "good.yaml": secret("good", "stringData: {anything: geheim}\n"),
    });

    expect(isValid).to.equal(true);
    expect(warnings).to.have.length(2);
    expect(warnings[0]).to.match(/^Warning: half\.yaml: Secret "half" .*token/);
    expect(warnings[1]).to.match(/^Warning: key\.yaml: the field "ssh-privatekey" .*"key"/);
    expect(warnings.join("")).not.to.include("geheim");
  });

  it("doubts no sealed Secret: it has no key to look into it", async () => {
    const sealed = "conops-v1.3f9a1c2b.20251231T000000Z.AAAA";
    const { warnings } = await warned({
      "key.yaml": secret("key", `type: kubernetes.io/ssh-auth\nsealedData: {ssh-privatekey: ${sealed}}\n`),
    });

    expect(warnings).to.deep.equal([]);
  });

  it("doubts names that nothing in the folder declares, and says which was meant", async () => {
    const { isValid, warnings } = await warned({
      "shop.yaml": application("shop", "shop-keey"),
      "key.yaml": secret("shop-key", "stringData: {a: b}\n"),
      "hook.yaml": `${HEAD}kind: Receiver\nmetadata: {name: hook}\nspec: {type: github, secretRef: {name: shop-key}, applications: [{name: shopp}]}\n`,
    });

    expect(isValid).to.equal(true);
    expect(warnings).to.deep.equal([
      'Warning: hook.yaml: Receiver "hook" names Application "shopp", which is not there. Did you mean "shop"?',
      'Warning: shop.yaml: Application "shop" names Secret "shop-keey", which is not there. Did you mean "shop-key"?',
    ]);
  });

  it("doubts no name where only a file is checked: what it means may stand in another", async () => {
    const { warnings } = await warned({ "shop.yaml": application("shop", "elsewhere") }, "shop.yaml");

    expect(warnings).to.deep.equal([]);
  });

  it("says of Kubernetes' own Secret that it is not looked at", async () => {
    const { isValid, warnings } = await warned({
      "shop.yaml": `${manifest("shop")}---\napiVersion: v1\nkind: Secret\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: ConfigMap\n`,
    });

    expect(isValid).to.equal(true);
    expect(warnings).to.deep.equal([
      "Warning: shop.yaml: document 2 is a Secret of another apiVersion, which ConOps does not look at; its own is conops.dev/v1alpha1",
    ]);
  });
});
