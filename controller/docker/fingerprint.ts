/** A digest that says of two configurations whether they are the same, and nothing else. */
export type Fingerprint = (text: string) => string;
