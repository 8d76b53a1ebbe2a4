// Made from crds/secrets.yaml by "make generate". Do not edit.

/** A manifest as a person may write it. */
export interface SecretManifest {
  /**
   * The version of this resource's schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this resource, Secret.
   */
  kind: "Secret";
  /**
   * The name, labels and annotations of the Secret.
   */
  metadata: {
    /**
     * The name, unique among the Secrets of a registry: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
     */
    name: string;
    /**
     * Short words to find and group by, as in Kubernetes.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Further words about the resource, as in Kubernetes.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * What it holds. kubernetes.io/ssh-auth: ssh-privatekey, and where wanted passphrase and known_hosts. kubernetes.io/basic-auth: password, and where wanted username. conops.dev/bearer-token: token. kubernetes.io/dockerconfigjson: .dockerconfigjson, a config.json of Docker. Opaque: anything.
   */
  type?:
    | "Opaque"
    | "kubernetes.io/ssh-auth"
    | "kubernetes.io/basic-auth"
    | "conops.dev/bearer-token"
    | "kubernetes.io/dockerconfigjson";
  /**
   * Fields in plain text. With an encryption key, ConOps moves them to sealedData.
   */
  stringData?: {
    /**
     * A value in plain text.
     */
    [k: string]: string;
  };
  /**
   * Fields in base64, which hides nothing. With an encryption key, ConOps moves them to sealedData.
   */
  data?: {
    /**
     * A value in base64.
     */
    [k: string]: string;
  };
  /**
   * Fields sealed by ConOps (AES-256-GCM), safe to commit. A value opens only in the Secret of this name and in the field of this name.
   */
  sealedData?: {
    /**
     * A sealed value, as "conops seal" makes it.
     */
    [k: string]: string;
  };
}

/** The same, after the defaults were filled in. */
export interface SecretWithDefaults {
  /**
   * The version of this resource's schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this resource, Secret.
   */
  kind: "Secret";
  /**
   * The name, labels and annotations of the Secret.
   */
  metadata: {
    /**
     * The name, unique among the Secrets of a registry: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
     */
    name: string;
    /**
     * Short words to find and group by, as in Kubernetes.
     */
    labels: {
      [k: string]: string;
    };
    /**
     * Further words about the resource, as in Kubernetes.
     */
    annotations: {
      [k: string]: string;
    };
  };
  /**
   * What it holds. kubernetes.io/ssh-auth: ssh-privatekey, and where wanted passphrase and known_hosts. kubernetes.io/basic-auth: password, and where wanted username. conops.dev/bearer-token: token. kubernetes.io/dockerconfigjson: .dockerconfigjson, a config.json of Docker. Opaque: anything.
   */
  type:
    | "Opaque"
    | "kubernetes.io/ssh-auth"
    | "kubernetes.io/basic-auth"
    | "conops.dev/bearer-token"
    | "kubernetes.io/dockerconfigjson";
  /**
   * Fields in plain text. With an encryption key, ConOps moves them to sealedData.
   */
  stringData: {
    /**
     * A value in plain text.
     */
    [k: string]: string;
  };
  /**
   * Fields in base64, which hides nothing. With an encryption key, ConOps moves them to sealedData.
   */
  data: {
    /**
     * A value in base64.
     */
    [k: string]: string;
  };
  /**
   * Fields sealed by ConOps (AES-256-GCM), safe to commit. A value opens only in the Secret of this name and in the field of this name.
   */
  sealedData: {
    /**
     * A sealed value, as "conops seal" makes it.
     */
    [k: string]: string;
  };
}
