import { expect } from "chai";
import { formatPath } from "../../../controller/api/field-fault.ts";
import { plainBytes, type Secret } from "../../../controller/api/secret.ts";
import { checkSecret } from "../../../controller/api/secret-schema.ts";

const base = { apiVersion: "conops.dev/v1alpha1", kind: "Secret", metadata: { name: "shop" } };
const SEALED = "conops-v1.3f9a1c2b.20261126T073000Z.AAAA";

function secretOf(fields: object): Secret {
  const checked = checkSecret({ ...base, ...fields });
  if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.secret;
}

function faultsOf(fields: object): readonly string[] {
  const checked = checkSecret({ ...base, ...fields });
  return "faults" in checked
    ? checked.faults.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    : [];
}

describe("checkSecret()", () => {
  it("gathers the fields of the three places, as they are written", () => {
    const { fields, type } = secretOf({
      stringData: { password: "hunter2" },
      data: { pin: "MTIzNA==" },
      sealedData: { token: SEALED },
    });

    expect(type).to.equal("Opaque");
    expect(fields).to.deep.equal({
      password: { form: "plain", in: "stringData", text: "hunter2" },
      pin: { form: "plain", in: "data", text: "MTIzNA==" },
      token: { form: "sealed", text: SEALED },
    });
    const { pin, password } = fields;
    if (pin?.form !== "plain" || password?.form !== "plain") throw new Error("they are plain");
    expect(plainBytes(pin).toString()).to.equal("1234");
    expect(plainBytes(password).toString()).to.equal("hunter2");
  });

  it("takes a Secret without fields, and freezes what it gives", () => {
    const secret = secretOf({ type: "kubernetes.io/ssh-auth" });

    expect(secret.fields).to.deep.equal({});
    expect(Object.isFrozen(secret.fields)).to.equal(true);
  });

  for (const { name, fields, faults } of [
    {
      name: "a field that stands twice",
      fields: { stringData: { a: "hunter2" }, sealedData: { a: SEALED } },
      faults: [': holds the field "a" twice, in stringData and in sealedData: keep one'],
    },
    {
      name: "a value that is no base64, without repeating it",
      fields: { data: { a: "hunter2!" } },
      faults: ["data.a: must be base64; a value in plain text stands in stringData"],
    },
    {
      name: "a plain value in the place of a sealed one, without repeating it",
      fields: { sealedData: { a: "hunter2" } },
      faults: [
        'sealedData.a: must be a sealed value, as "conops seal" makes it; a new value in plain text stands in stringData',
      ],
    },
    {
      name: "a value of another type, without repeating it",
      fields: { stringData: { a: 4711, b: true, c: ["hunter2"], d: null } },
      faults: [
        "stringData.a: must be a string, not a number: put it in quotes",
        "stringData.b: must be a string, not a boolean: put it in quotes",
        "stringData.c: must be a string, not a list",
        'stringData.d: must be a string, not empty: write ""',
      ],
    },
    {
      name: "a value in the place of the fields, without repeating it",
      fields: { stringData: "hunter2", data: ["hunter2"] },
      faults: ["stringData: must be a mapping, not a string", "data: must be a mapping, not a list"],
    },
    {
      name: "a name that no field can have",
      fields: { stringData: { "a b": "x" } },
      faults: [
        'stringData: has a field whose name is none: names of fields are of letters, digits, "-", "_" and ".", at most 253',
      ],
    },
    {
      name: "an unknown type",
      fields: { type: "kubernetes.io/ssh" },
      faults: [
        'type: must be Opaque, kubernetes.io/ssh-auth, kubernetes.io/basic-auth, conops.dev/bearer-token or kubernetes.io/dockerconfigjson: did you mean "kubernetes.io/ssh-auth"?',
      ],
    },
    {
      name: "an unknown field, with the one that was meant",
      fields: { stringDta: { a: "hunter2" } },
      faults: ['stringDta: unknown field, did you mean "stringData"?'],
    },
  ]) {
    it(`refuses ${name}`, () => {
      expect(faultsOf(fields)).to.deep.equal(faults);
    });
  }
});
