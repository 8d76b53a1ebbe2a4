const REFUSED =
  /no basic auth credentials|unauthorized|authentication required|authorization failed|access denied|403 Forbidden/i;

/** What to say behind the failure of a pull or a build, where a registry refused: whose logins it was. Else empty. Pure. */
export function loginHint(failure: string, imagePullSecrets: readonly string[]): string {
  if (!REFUSED.test(failure)) return "";
  if (imagePullSecrets.length === 0) {
    return "; a login for it belongs into a Secret that spec.compose.imagePullSecrets names";
  }
  const names = imagePullSecrets.map((name) => JSON.stringify(name)).join(", ");
  return `; the logins are those of the ${imagePullSecrets.length === 1 ? "Secret" : "Secrets"} ${names}`;
}
