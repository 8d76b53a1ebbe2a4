/**
 * Text without credentials in URLs: `https://user:secret@host/` becomes `https://***@host/`. For everything that another
 * program said and a person or a log will read.
 */
export function redact(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi, "$1***@");
}
