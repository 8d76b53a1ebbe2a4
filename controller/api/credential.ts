/** A credential for a Git remote, opened: it lives in memory only, and is never part of a message. */
export type GitCredential =
  | {
      readonly kind: "ssh";
      /** PEM or OpenSSH's own format. */
      readonly privateKey: string;
      readonly passphrase?: string;
      /** Text in the format of OpenSSH's known_hosts; wins for the hosts that it names. */
      readonly knownHosts?: string;
    }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | { readonly kind: "bearer"; readonly token: string };
