import { expect } from "chai";
import { loginHint } from "../../../controller/reconcile/login-hint.ts";

describe("loginHint()", () => {
  for (const { said, secrets, hint } of [
    {
      said: 'Head "https://registry/v2/web/manifests/1": no basic auth credentials',
      secrets: [],
      hint: "; a login for it belongs into a Secret that spec.compose.imagePullSecrets names",
    },
    {
      said: "unauthorized: authentication required",
      secrets: ["hub"],
      hint: '; the logins are those of the Secret "hub"',
    },
    {
      said: "pull access denied for web, repository does not exist or may require 'docker login'",
      secrets: ["hub", "work"],
      hint: '; the logins are those of the Secrets "hub", "work"',
    },
    { said: "manifest unknown", secrets: ["hub"], hint: "" },
  ]) {
    it(`says ${JSON.stringify(hint)} behind ${JSON.stringify(said)}`, () => {
      expect(loginHint(said, secrets)).to.equal(hint);
    });
  }
});
