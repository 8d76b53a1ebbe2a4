/** What the CRDs say of each kind besides its fields. */
import type { CustomResourceDefinition, PrinterColumn } from "./crd.ts";
import { applicationsCRD } from "./generated/applications-crd.ts";
import { receiversCRD } from "./generated/receivers-crd.ts";
import { secretsCRD } from "./generated/secrets-crd.ts";
import { KINDS, type Kind } from "./resource.ts";

const CRDS: Readonly<Record<Kind, CustomResourceDefinition>> = {
  Application: applicationsCRD,
  Secret: secretsCRD,
  Receiver: receiversCRD,
};

/** The columns of `conops get`, in order. */
export function printerColumns(kind: Kind): readonly PrinterColumn[] {
  return CRDS[kind].spec.versions[0].additionalPrinterColumns;
}

/** `applications`, for headings and messages. */
export function pluralOf(kind: Kind): string {
  return CRDS[kind].spec.names.plural;
}

/** The words that mean a kind on a command line: plural, singular, short names and the full names, in lower case. */
export function kindNames(kind: Kind): readonly string[] {
  const { names, group } = CRDS[kind].spec;
  return [
    names.plural,
    names.singular,
    ...names.shortNames,
    `${names.plural}.${group}`,
    `${names.singular}.${group}`,
  ];
}

/** The kind that a word of a command line means. */
export function kindNamed(word: string): Kind | undefined {
  return KINDS.find((kind) => kindNames(kind).includes(word.toLowerCase()));
}
