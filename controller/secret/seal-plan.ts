/**
 * Which edits of its document seal a Secret, and which seal it anew by the first key. Pure; the edits are made by whoever has
 * the file.
 */
import { isCopyOfManifest, plainBytes, type Secret } from "../api/secret.ts";
import type { SealingKey } from "../lib/aead.ts";
import { firstKey, type Keyring } from "./keyring.ts";
import { openValue, readSealedHeader, sealValue } from "./sealed-value.ts";

/** An edit as the editor of manifests takes it. */
export type SealingEdit =
  | {
      readonly kind: "set";
      readonly path: readonly string[];
      readonly value: string;
      readonly unquoted: true;
    }
  | { readonly kind: "remove"; readonly path: readonly string[] }
  | { readonly kind: "rename"; readonly path: readonly string[]; readonly to: string };

const SEALED = "sealedData";
const PLACES = ["stringData", "data"] as const;

/** The names of the fields that are written plain. */
export function plainFields({ fields }: Secret): readonly string[] {
  return Object.entries(fields).flatMap(([name, { form }]) => (form === "plain" ? [name] : []));
}

/**
 * Seals every field that is written plain; nothing when none is. A field keeps its place in the text, and its comments,
 * where it can. A copy of the manifest in an annotation goes: it holds what is sealed. `now` is wall milliseconds.
 */
export function planSealing(secret: Secret, key: SealingKey, now: number): readonly SealingEdit[] {
  if (plainFields(secret).length === 0) return [];
  const written = secret.manifest as unknown as Readonly<Record<string, unknown>>;
  const isThere = (place: string): boolean => Object.hasOwn(written, place);
  // The first place becomes the sealed one, unless that is there already.
  const renamed = isThere(SEALED) ? undefined : PLACES.find((place) => namesIn(secret, place).length > 0);
  const edits: SealingEdit[] = [];
  if (renamed !== undefined) edits.push({ kind: "rename", path: [renamed], to: SEALED });
  for (const [name, field] of Object.entries(secret.fields)) {
    if (field.form !== "plain") continue;
    const value = sealValue(
      key,
      { kind: secret.kind, name: secret.name, field: name },
      plainBytes(field),
      now,
    );
    edits.push({ kind: "set", path: [SEALED, name], value, unquoted: true });
  }
  for (const place of PLACES) {
    if (place !== renamed && isThere(place)) edits.push({ kind: "remove", path: [place] });
  }
  for (const name of Object.keys(secret.annotations).filter(isCopyOfManifest)) {
    edits.push({ kind: "remove", path: ["metadata", "annotations", name] });
  }
  return edits;
}

/** What becomes of one sealed field in a rotation. */
export type Rotation =
  | { readonly kind: "current"; readonly field: string }
  | { readonly kind: "resealed"; readonly field: string; readonly from: string; readonly edit: SealingEdit }
  /** `message` is the cause alone, without any value. */
  | { readonly kind: "unopenable"; readonly field: string; readonly message: string };

/** Seals by the first key what another one sealed. Fields that are written plain stay so. */
export function planRotation(secret: Secret, keyring: Keyring, now: number): readonly Rotation[] {
  const first = firstKey(keyring);
  const rotations: Rotation[] = [];
  for (const [field, written] of Object.entries(secret.fields)) {
    if (written.form !== "sealed") continue;
    const binding = { kind: secret.kind, name: secret.name, field };
    const opened = openValue(keyring, binding, written.text);
    if (opened.kind === "fault" || first === undefined) {
      const message = opened.kind === "fault" ? opened.message : "cannot be sealed: there is no key";
      rotations.push({ kind: "unopenable", field, message });
    } else if (opened.header.keyId === first.id) {
      rotations.push({ kind: "current", field });
    } else {
      const value = sealValue(first, binding, opened.bytes, now);
      const edit = { kind: "set", path: [SEALED, field], value, unquoted: true } as const;
      rotations.push({ kind: "resealed", field, from: opened.header.keyId, edit });
    }
  }
  return rotations;
}

/** The ids of the keys that a text of manifests names, wherever they stand in it. */
export function keyIdsIn(text: string): ReadonlySet<string> {
  const words = text.match(/conops-v1\.[0-9a-f]{8}\.\d{8}T\d{6}Z\.[A-Za-z0-9_-]+/g) ?? [];
  return new Set(words.flatMap((word) => readSealedHeader(word)?.keyId ?? []));
}

function namesIn({ fields }: Secret, place: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) =>
    field.form === "plain" && field.in === place ? [name] : [],
  );
}
