/**
 * Text without credentials in URLs: `https://user:secret@host/` becomes `https://***@host/`; only the user of an ssh URL, who
 * is no secret, stays. For everything that another program said and a person or a log will read.
 */
export function redact(text: string): string {
  // A scheme is looked for where it can begin only, else a long word without one takes time by the square of its length.
  // A password may hold an @: the host begins after the last one.
  return text.replace(
    /(?<![a-z0-9+.-])([a-z0-9+.-]+:\/\/)([^/\s]+)@/gi,
    (whole, scheme: string, user: string) =>
      /^ssh:/i.test(scheme) && /^[a-z0-9._-]+$/i.test(user) ? whole : `${scheme}***@`,
  );
}
